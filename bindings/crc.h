/* SPDX-License-Identifier: MIT
 *
 * crc.h -- the three checksums of S3.
 * Each takes the checksum so far (0 to begin with) and gives the one after n more bytes. */
#ifndef MR_CRC_H
#define MR_CRC_H

#include "host/base.h"

uint32_t mr_crc32(uint32_t crc, const void *data, size_t n);
uint32_t mr_crc32c(uint32_t crc, const void *data, size_t n);
uint64_t mr_crc64nvme(uint64_t crc, const void *data, size_t n);

#endif
