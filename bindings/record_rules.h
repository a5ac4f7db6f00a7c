/* SPDX-License-Identifier: MIT
 *
 * record_rules.h -- what fine-tuning data must look like, as data.
 * A rule says what is demanded, by whom and as of when; a profile gives the limits of a model.
 * Rules that no service documents are warnings, and their source says so. */
#ifndef MR_RECORD_RULES_H
#define MR_RECORD_RULES_H

#include "host/base.h"

typedef enum mr_record_severity { MR_RECORD_ERROR, MR_RECORD_WARNING } mr_record_severity;

typedef enum mr_record_family {
  MR_RECORD_AUTO,     /* taken from the first record that can be parsed */
  MR_RECORD_CLAUDE,   /* {"system"?, "messages": [{"role", "content": "text"}]} */
  MR_RECORD_PROMPT,   /* {"prompt", "completion"} */
  MR_RECORD_CONVERSE, /* {"schemaVersion": "bedrock-conversation-2024", "messages"} */
  MR_RECORD_BATCH     /* {"recordId"?, "modelInput"}: input of a batch job, not for training */
} mr_record_family;

typedef enum mr_record_rule_id {
  /* bytes and lines */
  MR_RULE_UTF8,
  MR_RULE_BOM,
  MR_RULE_NUL,
  MR_RULE_BLANK_LINE,
  MR_RULE_CRLF,
  MR_RULE_TRUNCATED,
  MR_RULE_FINAL_NEWLINE,
  MR_RULE_LINE_LENGTH,
  /* JSON */
  MR_RULE_JSON,
  MR_RULE_TRAILING,
  MR_RULE_OBJECT,
  MR_RULE_DUPLICATE_KEY,
  /* the shape of a record */
  MR_RULE_UNKNOWN_KEY,
  MR_RULE_MISSING_KEY,
  MR_RULE_FAMILY,
  MR_RULE_SYSTEM,
  MR_RULE_MESSAGES,
  MR_RULE_MESSAGE_COUNT,
  MR_RULE_MESSAGE,
  MR_RULE_ROLE,
  MR_RULE_FIRST_ROLE,
  MR_RULE_ALTERNATE,
  MR_RULE_LAST_ROLE,
  MR_RULE_CONTENT,
  MR_RULE_BLOCK,
  MR_RULE_PROMPT,
  MR_RULE_COMPLETION,
  MR_RULE_SCHEMA_VERSION,
  MR_RULE_RECORD_ID,
  MR_RULE_MODEL_INPUT,
  MR_RULE_ANTHROPIC_VERSION,
  MR_RULE_MAX_TOKENS,
  /* what it says */
  MR_RULE_BLANK,
  MR_RULE_RESERVED,
  MR_RULE_TOKENS,
  MR_RULE_NEAR_LIMIT,
  MR_RULE_DUPLICATE,
  MR_RULE_NEAR_DUPLICATE, /* only when asked for */
  MR_RULE_DUPLICATE_ID,
  /* the file as a whole */
  MR_RULE_EMPTY,
  MR_RULE_TOO_FEW,
  MR_RULE_TOO_MANY,
  MR_RULE_FILE_SIZE,
  MR_RULE_COUNT
} mr_record_rule_id;

typedef struct mr_record_rule {
  const char *id; /* stable, for programs: "first-role" */
  mr_record_severity severity;
  const char *text;   /* what is demanded, one sentence without a full stop */
  const char *source; /* who demands it */
  const char *date;   /* when the source was read: "2026-08" */
  const char *advice; /* what to do about it */
} mr_record_rule;

/* A limit of 0 is not documented and not checked. */
typedef struct mr_record_profile {
  const char *name;  /* "claude-3-haiku" */
  const char *match; /* what an id or ARN of the model contains; "|" between alternatives */
  mr_record_family family;
  uint32_t min_records, max_records, max_validation;
  uint32_t max_tokens, max_input_tokens, max_output_tokens; /* of one record */
  uint64_t max_bytes, max_validation_bytes;                 /* of one file */
  const char *source;
  const char *date;
} mr_record_profile;

/* Where line, column and offset are 0 the finding is about the file as a whole. */
typedef struct mr_record_finding {
  const mr_record_rule *rule;
  uint64_t line;       /* from 1 */
  uint64_t column;     /* from 1, in characters (bytes where the text is not UTF-8) */
  uint64_t offset;     /* bytes from the start of the input, from 0 */
  mr_slice path;       /* "messages[2].content", elements from 0; empty for the whole record */
  mr_slice message;    /* what is wrong and what to do */
  mr_slice suggestion; /* text that would be right in its place, or empty */
} mr_record_finding;

/* Called with slices that live until it returns. */
typedef struct mr_record_sink {
  void (*found)(void *ud, const mr_record_finding *finding);
  void *ud;
} mr_record_sink;

/* All rules, MR_RULE_COUNT of them, by their number; never NULL. */
const mr_record_rule *mr_record_rule_at(size_t i);
/* NULL after the last. */
const mr_record_profile *mr_record_profile_at(size_t i);
/* The profile whose `match` is part of a model id, ARN or profile name; NULL for none. */
const mr_record_profile *mr_record_profile_find(mr_slice model);
/* The limits that a family has whatever the model; never NULL. */
const mr_record_profile *mr_record_profile_of(mr_record_family family);
const char *mr_record_family_name(mr_record_family family);
bool mr_record_family_from(mr_slice name, mr_record_family *out);
/* The candidate (of a NULL-ended list) that is nearest in spelling to `word`, as in "did you
 * mean"; NULL if none is near. */
const char *mr_record_nearest(mr_slice word, const char *const *candidates);

#endif
