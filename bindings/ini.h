/* SPDX-License-Identifier: MIT
 *
 * ini.h -- the shared config and credentials files of AWS, read line by line.
 * The reader gives sections and properties in the order of the text; what they mean together
 * is the caller's business.  Values may be secrets, so the buffer for them is wiped.
 * Source: AWS SDKs and Tools Reference Guide, "Shared config and credentials files". */
#ifndef MR_INI_H
#define MR_INI_H

#include "host/buf.h"

typedef enum mr_ini_file { MR_INI_CONFIG, MR_INI_CREDENTIALS } mr_ini_file;

typedef enum mr_ini_event {
  MR_INI_END,
  MR_INI_SECTION,  /* kind, name, prefixed */
  MR_INI_PROPERTY, /* key, value; only inside sections that count */
  MR_INI_FAULT     /* line, fault; nothing follows */
} mr_ini_event;

typedef enum mr_ini_kind {
  MR_INI_PROFILE,
  MR_INI_SSO_SESSION,
  MR_INI_SERVICES,
  MR_INI_IGNORED
} mr_ini_kind;

typedef struct mr_ini {
  /* of the last event; slices live until the next one */
  mr_ini_kind kind;
  mr_slice name;     /* of the section */
  bool prefixed;     /* [profile default], which outranks [default] */
  mr_slice key;      /* lower case */
  mr_slice value;    /* continuation lines are joined by a newline */
  int line;          /* of the event, from 1 */
  const char *fault; /* static text */
  /* inside */
  mr_ini_file file;
  mr_slice rest;
  int next_line;
  bool in_section;
  mr_buf text; /* key and value */
} mr_ini;

/* The text must stay until mr_ini_clear; alloc may be NULL. */
void mr_ini_init(mr_ini *r, mr_slice text, mr_ini_file file, mr_alloc *alloc);
/* The next event.  Out of memory is a fault too: then text.status says so. */
mr_ini_event mr_ini_next(mr_ini *r);
/* Wipes and frees; harmless on a zeroed struct, and twice. */
void mr_ini_clear(mr_ini *r);

#endif
