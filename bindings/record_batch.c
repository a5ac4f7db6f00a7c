/* SPDX-License-Identifier: MIT
 *
 * record_batch.c -- the rules of records of a batch job.
 * modelInput is the body of a request: that of Claude is known and checked, one with Converse's
 * messages in part, and any other only has to be an object. */
#include "bindings/record_batch.h"

static const char *const BATCH_KEYS[] = {"recordId", "modelInput", NULL};
static const char VERSION[] = "bedrock-2023-05-31";

static bool is(const mr_record_check *c, uint32_t value, mr_record_kind k) {
  return mr_record_json_kind(c->json, value) == k;
}

/* Text as a string, or as blocks of which those of text count. */
static void check_content(mr_record_check *c, uint32_t value, bool output) {
  if (is(c, value, MR_RECORD_STRING)) {
    mr_record_check_text(c, value, output);
    return;
  }
  if (!is(c, value, MR_RECORD_ARRAY)) {
    mr_record_check_value(c, MR_RULE_CONTENT, value, false, NULL,
                          "content is %s: it must be a string or an array of blocks",
                          mr_record_check_kind(c, value));
    return;
  }
  uint32_t block = mr_record_json_first(c->json, value);
  for (; block; block = mr_record_json_next(c->json, value, block)) {
    uint32_t text = mr_record_json_member(c->json, block, "text");
    if (!is(c, block, MR_RECORD_OBJECT))
      mr_record_check_value(c, MR_RULE_BLOCK, block, false, NULL,
                            "a block is %s: it must be an object, such as {\"type\": \"text\", "
                            "\"text\": \"...\"}",
                            mr_record_check_kind(c, block));
    else if (text && is(c, text, MR_RECORD_STRING))
      mr_record_check_text(c, text, output);
  }
}

static void check_message(mr_record_check *c, uint32_t message) {
  static const char *const ROLES[] = {"user", "assistant", NULL};
  static const char *const KEYS[] = {"role", "content", NULL};
  uint32_t role = mr_record_json_member(c->json, message, "role");
  uint32_t content = mr_record_json_member(c->json, message, "content");
  int who = -1;
  c->sums.messages++;
  for (int i = 0; KEYS[i]; i++)
    if (!(i == 0 ? role : content))
      mr_record_check_value(c, MR_RULE_MISSING_KEY, message, false, KEYS[i],
                            "the key \"%s\" is missing: add it", KEYS[i]);
  if (role && is(c, role, MR_RECORD_STRING))
    who = mr_record_check_place(mr_record_json_text(c->json, role), ROLES);
  if (role && who < 0)
    mr_record_check_value(c, MR_RULE_ROLE, role, false, NULL,
                          "role must be \"user\" or \"assistant\"; a system text stands at the key "
                          "\"system\"");
  c->sums.user += who == 0;
  c->sums.assistant += who == 1;
  if (content)
    check_content(c, content, who == 1);
}

static void check_messages(mr_record_check *c, uint32_t list) {
  if (!is(c, list, MR_RECORD_ARRAY)) {
    mr_record_check_value(c, MR_RULE_MESSAGES, list, false, NULL,
                          "messages is %s: it must be an array", mr_record_check_kind(c, list));
    return;
  }
  uint32_t message = mr_record_json_first(c->json, list);
  if (!message)
    mr_record_check_value(c, MR_RULE_MESSAGE_COUNT, list, false, NULL,
                          "messages has no element: a request needs a user message");
  for (; message; message = mr_record_json_next(c->json, list, message)) {
    if (is(c, message, MR_RECORD_OBJECT))
      check_message(c, message);
    else
      mr_record_check_value(c, MR_RULE_MESSAGE, message, false, NULL,
                            "a message is %s: it must be an object with \"role\" and \"content\"",
                            mr_record_check_kind(c, message));
  }
}

/* A whole number above 0, as it is spelt. */
static bool is_positive(const mr_record_check *c, uint32_t value) {
  mr_slice raw = mr_json_token_raw(c->json->line, c->json->index.tokens[value]);
  if (!is(c, value, MR_RECORD_NUMBER) || raw.ptr[0] == '0')
    return false;
  for (size_t i = 0; i < raw.len; i++)
    if (raw.ptr[i] < '0' || raw.ptr[i] > '9')
      return false;
  return true;
}

/* The body of Claude's Messages API. */
static void check_claude_body(mr_record_check *c, uint32_t body) {
  static const char *const REQUIRED[] = {"anthropic_version", "max_tokens", "messages", NULL};
  static const char *const IN_URL[] = {"model", "stream", NULL};
  mr_record_json *j = c->json;
  uint32_t values[3] = {0, 0, 0};
  unsigned meant = 0; /* bit i: REQUIRED[i] was misspelt */
  for (uint32_t v = mr_record_json_first(j, body); v; v = mr_record_json_next(j, body, v)) {
    int place = mr_record_check_place(mr_record_json_key(j, v), REQUIRED);
    if (place >= 0)
      values[place] = v;
  }
  for (uint32_t v = mr_record_json_first(j, body); v; v = mr_record_json_next(j, body, v)) {
    mr_slice key = mr_record_json_key(j, v);
    int shown = mr_record_check_shown(key);
    if (mr_record_check_place(key, REQUIRED) >= 0)
      continue;
    const char *near = mr_record_nearest(key, REQUIRED);
    int place = near ? mr_record_check_place(mr_slice_of(near), REQUIRED) : -1;
    if (near && !values[place]) {
      meant |= 1u << place;
      mr_record_check_value(c, MR_RULE_UNKNOWN_KEY, v, true, near,
                            "unknown key \"%.*s\": did you mean \"%s\"?", shown, key.ptr, near);
    } else if (mr_record_check_place(key, IN_URL) >= 0) {
      mr_record_check_value(c, MR_RULE_UNKNOWN_KEY, v, true, NULL,
                            "the key \"%.*s\" has no place in the body: the job says it; remove it",
                            shown, key.ptr);
    }
  }
  for (int i = 0; REQUIRED[i]; i++)
    if (!values[i] && !(meant & 1u << i))
      mr_record_check_value(c, MR_RULE_MISSING_KEY, body, false, REQUIRED[i],
                            "the key \"%s\" is missing: add it", REQUIRED[i]);
  if (values[0] && !(is(c, values[0], MR_RECORD_STRING) &&
                     mr_slice_is(mr_record_json_text(j, values[0]), VERSION)))
    mr_record_check_value(c, MR_RULE_ANTHROPIC_VERSION, values[0], false, VERSION,
                          "anthropic_version must be \"%s\"", VERSION);
  if (values[1] && !is_positive(c, values[1]))
    mr_record_check_value(c, MR_RULE_MAX_TOKENS, values[1], false, NULL,
                          "max_tokens must be a whole number above 0");
}

static bool is_claude_body(mr_record_check *c, uint32_t body) {
  static const char *const MARK[] = {"anthropic_version", NULL};
  mr_record_json *j = c->json;
  bool found = c->is_claude;
  for (uint32_t v = mr_record_json_first(j, body); v && !found; v = mr_record_json_next(j, body, v))
    found = mr_record_nearest(mr_record_json_key(j, v), MARK) != NULL;
  return found;
}

void mr_record_batch_check(mr_record_check *c) {
  uint32_t values[MR_COUNT(BATCH_KEYS)];
  mr_record_check_keys(c, 0, BATCH_KEYS, BATCH_KEYS + 1, values);
  uint32_t id = values[0], body = values[1];
  if (id && !is(c, id, MR_RECORD_STRING))
    mr_record_check_value(c, MR_RULE_RECORD_ID, id, false, NULL,
                          "recordId is %s: it must be a string", mr_record_check_kind(c, id));
  if (!body)
    return;
  if (!is(c, body, MR_RECORD_OBJECT)) {
    mr_record_check_value(c, MR_RULE_MODEL_INPUT, body, false, NULL,
                          "modelInput is %s: it must be the body of a request, an object",
                          mr_record_check_kind(c, body));
    return;
  }
  bool is_claude = is_claude_body(c, body);
  uint32_t messages = mr_record_json_member(c->json, body, "messages");
  uint32_t system = mr_record_json_member(c->json, body, "system");
  if (is_claude)
    check_claude_body(c, body);
  if (system && (is_claude || mr_record_json_member(c->json, body, "inferenceConfig"))) {
    c->sums.system++;
    check_content(c, system, false);
  }
  if (messages && (is_claude || mr_record_json_member(c->json, body, "inferenceConfig")))
    check_messages(c, messages);
}
