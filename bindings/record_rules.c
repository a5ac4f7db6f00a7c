/* SPDX-License-Identifier: MIT
 *
 * record_rules.c -- the tables of rules and limits.
 * Sources: "guide" is the Amazon Bedrock user guide's pages on preparing data and on quotas for
 * model customization, "tutorial" is Anthropic's cookbook on fine-tuning with Bedrock, "RFC" is
 * RFC 8259 (JSON).  What none of them says is ours, and only a warning. */
#include "bindings/record_rules.h"

#include "bindings/text.h"

#define GUIDE "Amazon Bedrock user guide, data for model customization"
#define TUTORIAL "Anthropic cookbook, fine-tuning on Bedrock"
#define BATCH "Amazon Bedrock user guide, data for batch inference"
#define BODY "Amazon Bedrock user guide, Anthropic Claude Messages API"
#define RFC "RFC 8259"
#define OURS "moonrock: not documented, found useful"
#define READ "2026-08"
#define ERR MR_RECORD_ERROR
#define WARN MR_RECORD_WARNING

static const mr_record_rule rules[MR_RULE_COUNT] = {
    [MR_RULE_UTF8] = {"utf8", ERR, "the file is valid UTF-8", GUIDE, READ,
                      "save the file as UTF-8"},
    [MR_RULE_BOM] = {"bom", ERR, "the file does not start with a byte order mark", RFC ", 8.1",
                     READ, "save the file without one"},
    [MR_RULE_NUL] = {"nul", ERR, "no line holds a NUL byte", RFC ", 2", READ,
                     "remove it, or write \\u0000 inside a string"},
    [MR_RULE_BLANK_LINE] = {"blank-line", ERR, "no line is blank", GUIDE ", troubleshooting", READ,
                            "remove the line"},
    [MR_RULE_CRLF] = {"crlf", WARN, "lines end in a newline only", OURS, READ, "write LF only"},
    [MR_RULE_TRUNCATED] = {"truncated", ERR, "the last record is complete", RFC, READ,
                           "write or copy the file again"},
    [MR_RULE_FINAL_NEWLINE] = {"final-newline", WARN, "the last line ends in a newline", OURS, READ,
                               "add one, and see that the file was not cut off"},
    [MR_RULE_LINE_LENGTH] = {"line-length", ERR, "a line can be held in memory", OURS, READ,
                             "look for missing newlines; split the record"},

    [MR_RULE_JSON] = {"json", ERR, "every line is valid JSON", GUIDE, READ,
                      "correct the line at the column"},
    [MR_RULE_TRAILING] = {"trailing", ERR, "a line holds one value and nothing behind it",
                          GUIDE ", troubleshooting", READ, "put each record on a line of its own"},
    [MR_RULE_OBJECT] = {"object", ERR, "every line is a JSON object", GUIDE, READ,
                        "write a record as {...}"},
    [MR_RULE_DUPLICATE_KEY] = {"duplicate-key", ERR, "a key appears once in its object", RFC ", 4",
                               READ, "keep one of the two"},

    [MR_RULE_UNKNOWN_KEY] = {"unknown-key", ERR, "only the keys of the format appear", TUTORIAL,
                             READ, "correct its spelling, or remove it"},
    [MR_RULE_MISSING_KEY] = {"missing-key", ERR, "all required keys are there", GUIDE, READ,
                             "add it"},
    [MR_RULE_FAMILY] = {"format", ERR, "records have the format that the model is trained with",
                        GUIDE, READ, "convert the file, or name its format"},
    [MR_RULE_SYSTEM] = {"system", ERR, "system has the type that the format gives it", GUIDE, READ,
                        "write it as the format says, or leave it out"},
    [MR_RULE_MESSAGES] = {"messages", ERR, "messages is an array", GUIDE, READ,
                          "write [{\"role\": ..., \"content\": ...}, ...]"},
    [MR_RULE_MESSAGE_COUNT] = {"message-count", ERR, "there are at least two messages", TUTORIAL,
                               READ, "add the user's or the assistant's message"},
    [MR_RULE_MESSAGE] = {"message", ERR, "each message is an object", GUIDE, READ,
                         "write {\"role\": ..., \"content\": ...}"},
    [MR_RULE_ROLE] = {"role", ERR, "role is \"user\" or \"assistant\"", GUIDE, READ,
                      "write user or assistant; a system text stands beside messages"},
    [MR_RULE_FIRST_ROLE] = {"first-role", ERR, "the first message is the user's", TUTORIAL, READ,
                            "start with the user's message"},
    [MR_RULE_ALTERNATE] = {"alternate", ERR, "user and assistant take turns", TUTORIAL, READ,
                           "join the two, or put the missing turn between"},
    [MR_RULE_LAST_ROLE] = {"last-role", ERR, "the last message is the assistant's", TUTORIAL, READ,
                           "end with the answer from which the model learns"},
    [MR_RULE_CONTENT] = {"content", ERR, "content has the type that the format gives it", GUIDE,
                         READ, "write a string, or for Converse an array of blocks"},
    [MR_RULE_BLOCK] = {"block", ERR, "a content block is an object with one kind of content", GUIDE,
                       READ, "write {\"text\": \"...\"}"},
    [MR_RULE_PROMPT] = {"prompt", ERR, "prompt is a string", GUIDE, READ, "write a string"},
    [MR_RULE_COMPLETION] = {"completion", ERR, "completion is a string", GUIDE, READ,
                            "write a string"},
    [MR_RULE_SCHEMA_VERSION] = {"schema-version", ERR,
                                "schemaVersion is \"bedrock-conversation-2024\"", GUIDE, READ,
                                "write that"},

    [MR_RULE_RECORD_ID] = {"record-id", ERR, "recordId is a string", BATCH, READ, "quote it"},
    [MR_RULE_MODEL_INPUT] = {"model-input", ERR, "modelInput is an object", BATCH, READ,
                             "write the body of the request as an object, not as text"},
    [MR_RULE_ANTHROPIC_VERSION] = {"anthropic-version", ERR,
                                   "anthropic_version is \"bedrock-2023-05-31\"", BODY, READ,
                                   "write that"},
    [MR_RULE_MAX_TOKENS] = {"max-tokens", ERR, "max_tokens is a whole number above 0", BODY, READ,
                            "write how many tokens the answer may have"},

    [MR_RULE_BLANK] = {"blank-content", WARN, "no text is empty or only white space", OURS, READ,
                       "write what the model should read or say"},
    [MR_RULE_RESERVED] = {"reserved-word", WARN,
                          "no text holds a line that starts with \"Human:\" or \"Assistant:\"",
                          "often repeated, not in the current guide", READ,
                          "say turns by messages, or reword the line"},
    [MR_RULE_TOKENS] = {"tokens", ERR, "a record stays within the model's token limit",
                        GUIDE ", quotas; estimated at 6 characters a token", READ,
                        "shorten or split the record"},
    [MR_RULE_NEAR_LIMIT] = {"near-limit", WARN, "a record keeps clear of the token limit", OURS,
                            READ, "shorten it, or have the tokens counted"},
    [MR_RULE_DUPLICATE] = {"duplicate", WARN, "no record is there twice", OURS, READ, "keep one"},

    [MR_RULE_NEAR_DUPLICATE] = {"near-duplicate", WARN,
                                "no two records differ only in letter case and white space", OURS,
                                READ, "keep one"},
    [MR_RULE_DUPLICATE_ID] = {"duplicate-id", WARN,
                              "no recordId is there twice, as answers are found by it", OURS, READ,
                              "give each record its own"},

    [MR_RULE_EMPTY] = {"empty", ERR, "the file holds records", GUIDE, READ,
                       "write one JSON record on each line"},
    [MR_RULE_TOO_FEW] = {"too-few", ERR, "there are as many records as the model needs",
                         GUIDE ", quotas", READ, "add records"},
    [MR_RULE_TOO_MANY] = {"too-many", ERR, "there are no more records than the model takes",
                          GUIDE ", quotas", READ, "leave some out"},
    [MR_RULE_FILE_SIZE] = {"file-size", ERR, "the file is no larger than the service takes",
                           GUIDE ", quotas", READ, "leave some records out"},
};

#define GB (UINT64_C(1) << 30)
#define MB (UINT64_C(1) << 20)

static const mr_record_profile profiles[] = {
    {"claude-3-haiku", "claude-3-haiku|claude-haiku-4-5", MR_RECORD_CLAUDE, 32, 10000, 1000, 32000,
     0, 0, 10 * GB, GB, GUIDE ", quotas", READ},
    {"llama-3.2-90b", "llama3-2-90b", MR_RECORD_CONVERSE, 100, 10000, 0, 10000, 0, 0, 0, 0,
     GUIDE ", quotas", READ},
    {"llama-3.2", "llama3-2", MR_RECORD_CONVERSE, 100, 10000, 0, 16000, 0, 0, 0, 0,
     GUIDE ", quotas", READ},
    {"llama-3.3", "llama3-3", MR_RECORD_CONVERSE, 100, 10000, 0, 16000, 0, 0, 0, 0,
     GUIDE ", quotas", READ},
    {"llama-3.1", "llama3-1", MR_RECORD_PROMPT, 100, 10000, 0, 16000, 0, 0, 0, 0, GUIDE ", quotas",
     READ},
    {"cohere-command", "cohere.command", MR_RECORD_PROMPT, 0, 10000, 1000, 0, 4096, 2048, 0, 0,
     GUIDE ", quotas", READ},
    {"titan-text-express", "titan-text-express", MR_RECORD_PROMPT, 0, 0, 0, 4096, 0, 0, GB,
     100 * MB, GUIDE ", quotas; at batch size 1", READ},
    {"nova", "amazon.nova", MR_RECORD_CONVERSE, 0, 0, 0, 0, 0, 0, 0, 0, GUIDE, READ},
};

static const mr_record_profile families[] = {
    [MR_RECORD_AUTO] = {"any", "", MR_RECORD_AUTO, 0, 0, 0, 0, 0, 0, 0, 0, GUIDE, READ},
    [MR_RECORD_CLAUDE] = {"claude", "", MR_RECORD_CLAUDE, 32, 10000, 1000, 32000, 0, 0, 10 * GB, GB,
                          GUIDE ", quotas of Claude 3 Haiku", READ},
    [MR_RECORD_PROMPT] = {"prompt-completion", "", MR_RECORD_PROMPT, 0, 10000, 0, 0, 0, 0, 0, 0,
                          GUIDE ", quotas", READ},
    [MR_RECORD_CONVERSE] = {"converse", "", MR_RECORD_CONVERSE, 0, 10000, 0, 0, 0, 0, 0, 0,
                            GUIDE ", quotas", READ},
    [MR_RECORD_BATCH] = {"batch", "", MR_RECORD_BATCH, 100, 50000, 0, 0, 0, 0, GB, 0,
                         "field reports of quotas; they differ between models", READ},
};

const mr_record_rule *mr_record_rule_at(size_t i) {
  return &rules[i < MR_RULE_COUNT ? i : 0];
}

const mr_record_profile *mr_record_profile_at(size_t i) {
  return i < MR_COUNT(profiles) ? &profiles[i] : NULL;
}

static bool contains(mr_slice text, mr_slice part) {
  for (size_t i = 0; part.len > 0 && i + part.len <= text.len; i++)
    if (memcmp(text.ptr + i, part.ptr, part.len) == 0)
      return true;
  return false;
}

const mr_record_profile *mr_record_profile_find(mr_slice model) {
  for (size_t i = 0; i < MR_COUNT(profiles); i++) {
    if (mr_slice_is(model, profiles[i].name))
      return &profiles[i];
    for (const char *at = profiles[i].match; *at;) {
      size_t n = strcspn(at, "|");
      if (contains(model, mr_slice_make(at, n)))
        return &profiles[i];
      at += n + (at[n] == '|');
    }
  }
  return NULL;
}

const mr_record_profile *mr_record_profile_of(mr_record_family family) {
  return &families[family];
}

const char *mr_record_family_name(mr_record_family family) {
  return family == MR_RECORD_AUTO ? "auto" : families[family].name;
}

bool mr_record_family_from(mr_slice name, mr_record_family *out) {
  for (size_t i = 0; i < MR_COUNT(families); i++) {
    if (mr_slice_is(name, mr_record_family_name((mr_record_family)i))) {
      *out = (mr_record_family)i;
      return true;
    }
  }
  return false;
}

/* ---- did you mean ----------------------------------------------------------------------- */

enum { WORD_MAX = 32 };

static char fold(char c) {
  return c == '_' || c == '-' ? ' ' : mr_ascii_lower(c);
}

/* Edits (insert, delete, replace) between two words, letter case and - _ apart. */
static size_t distance(mr_slice a, mr_slice b) {
  size_t row[WORD_MAX + 1];
  for (size_t j = 0; j <= b.len; j++)
    row[j] = j;
  for (size_t i = 1; i <= a.len; i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.len; j++) {
      size_t change = diagonal + (fold(a.ptr[i - 1]) != fold(b.ptr[j - 1]));
      size_t least = row[j] + 1 < row[j - 1] + 1 ? row[j] + 1 : row[j - 1] + 1;
      diagonal = row[j];
      row[j] = change < least ? change : least;
    }
  }
  return row[b.len];
}

const char *mr_record_nearest(mr_slice word, const char *const *candidates) {
  const char *best = NULL;
  size_t least = WORD_MAX;
  if (word.len == 0 || word.len > WORD_MAX)
    return NULL;
  for (; *candidates; candidates++) {
    mr_slice candidate = mr_slice_of(*candidates);
    size_t allowed = candidate.len <= 4 ? 1 : candidate.len <= 7 ? 2 : 3;
    if (candidate.len > WORD_MAX)
      continue;
    size_t d = distance(word, candidate);
    if (d <= allowed && d < least) {
      least = d;
      best = *candidates;
    }
  }
  return best;
}
