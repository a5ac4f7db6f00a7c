/* SPDX-License-Identifier: MIT
 *
 * cpu.h -- which instructions the processor has and the system lets us use.
 * The C library has asked the processor already.  GCC's way to ask does so again at each start of
 * the program, used or not, and where a hypervisor answers that takes 50 us. */
#ifndef MR_CPU_H
#define MR_CPU_H

#if defined(__x86_64__) && defined(__GNUC__)

#if defined(__has_include)
#if __has_include(<sys/platform/x86.h>)
#include <sys/platform/x86.h>
#endif
#endif

/* name: as glibc calls it; text: as GCC does. */
#ifdef CPU_FEATURE_ACTIVE
#define MR_CPU_HAS(name, text) CPU_FEATURE_ACTIVE(name)
#else
#define MR_CPU_HAS(name, text) __builtin_cpu_supports(text)
#endif

#endif
#endif
