/* SPDX-License-Identifier: MIT
 *
 * record_family.c -- the rules of the three families over one parsed record.
 * A fault is reported where it can be put right, and once: what only follows from another
 * finding (a key missed because it is misspelt beside it) is left out. */
#include "bindings/record_family.h"

#include "bindings/record_batch.h"
#include "bindings/record_text.h"

static const char *const CLAUDE_KEYS[] = {"system", "messages", NULL};
static const char *const MESSAGE_KEYS[] = {"role", "content", NULL};
static const char *const PROMPT_KEYS[] = {"prompt", "completion", NULL};
static const char *const CONVERSE_KEYS[] = {"schemaVersion", "system", "messages", NULL};
static const char *const BLOCK_KINDS[] = {"text",  "image",   "document",   "video",
                                          "audio", "toolUse", "toolResult", NULL};
static const char SCHEMA[] = "bedrock-conversation-2024";

static bool is(const mr_record_check *c, uint32_t value, mr_record_kind k) {
  return mr_record_json_kind(c->json, value) == k;
}

/* ---- turns: Claude and Converse --------------------------------------------------------- */

typedef enum turn { TURN_NONE, TURN_USER, TURN_ASSISTANT } turn;

static const char *role_meant(mr_slice role) {
  static const char *const USER[] = {"user", "human", "customer", "prompter", NULL};
  static const char *const ASSISTANT[] = {"assistant", "bot",     "ai", "model",
                                          "gpt",       "chatbot", NULL};
  const char *user = mr_record_nearest(role, USER);
  return user ? "user" : mr_record_nearest(role, ASSISTANT) ? "assistant" : NULL;
}

static turn check_role(mr_record_check *c, uint32_t value) {
  if (!is(c, value, MR_RECORD_STRING)) {
    mr_record_check_value(c, MR_RULE_ROLE, value, false, NULL,
                          "role is %s: write \"user\" or \"assistant\"",
                          mr_record_check_kind(c, value));
    return TURN_NONE;
  }
  mr_slice role = mr_record_json_text(c->json, value);
  if (mr_slice_is(role, "user")) {
    c->sums.user++;
    return TURN_USER;
  }
  if (mr_slice_is(role, "assistant")) {
    c->sums.assistant++;
    return TURN_ASSISTANT;
  }
  int shown = mr_record_check_shown(role);
  const char *meant = role_meant(role);
  if (mr_slice_is(role, "system") || mr_slice_is(role, "developer"))
    mr_record_check_value(
        c, MR_RULE_ROLE, value, false, NULL,
        "there is no role \"%.*s\": move the text to the key \"system\" beside \"messages\", as "
        "moonrock convert --from openai does",
        shown, role.ptr);
  else if (meant)
    mr_record_check_value(c, MR_RULE_ROLE, value, false, meant,
                          "unknown role \"%.*s\": did you mean \"%s\"?", shown, role.ptr, meant);
  else
    mr_record_check_value(c, MR_RULE_ROLE, value, false, NULL,
                          "unknown role \"%.*s\": write \"user\" or \"assistant\"", shown,
                          role.ptr);
  return TURN_NONE;
}

static void check_blocks(mr_record_check *c, uint32_t list, bool output);

static void check_content(mr_record_check *c, uint32_t value, bool output) {
  bool blocks = c->family == MR_RECORD_CONVERSE;
  if (blocks && is(c, value, MR_RECORD_ARRAY))
    check_blocks(c, value, output);
  else if (!blocks && is(c, value, MR_RECORD_STRING))
    mr_record_check_text(c, value, output);
  else if (blocks)
    mr_record_check_value(
        c, MR_RULE_CONTENT, value, false,
        is(c, value, MR_RECORD_STRING) ? "[{\"text\": ...}]" : NULL,
        "content is %s: this format wants an array of blocks, such as [{\"text\": \"...\"}]",
        mr_record_check_kind(c, value));
  else
    mr_record_check_value(
        c, MR_RULE_CONTENT, value, false, NULL, "content is %s: %s", mr_record_check_kind(c, value),
        is(c, value, MR_RECORD_ARRAY) ? "write the text as one string, not as blocks"
                                      : "it must be a string");
}

static void check_blocks(mr_record_check *c, uint32_t list, bool output) {
  uint32_t block = mr_record_json_first(c->json, list);
  if (!block)
    mr_record_check_value(c, MR_RULE_CONTENT, list, false, NULL,
                          "content has no block: add one with a text");
  for (; block; block = mr_record_json_next(c->json, list, block)) {
    if (!is(c, block, MR_RECORD_OBJECT) || mr_record_json_count(c->json, block, 2) != 1) {
      mr_record_check_value(
          c, MR_RULE_BLOCK, block, false, NULL,
          "a block is an object with exactly one key, such as {\"text\": \"...\"}");
      continue;
    }
    uint32_t value = mr_record_json_first(c->json, block);
    mr_slice key = mr_record_json_key(c->json, value);
    if (mr_slice_is(key, "text") && is(c, value, MR_RECORD_STRING)) {
      mr_record_check_text(c, value, output);
    } else if (mr_slice_is(key, "text")) {
      mr_record_check_value(c, MR_RULE_BLOCK, value, false, NULL, "text is %s: it must be a string",
                            mr_record_check_kind(c, value));
    } else if (mr_record_check_place(key, BLOCK_KINDS) < 0) {
      const char *near = mr_record_nearest(key, BLOCK_KINDS);
      mr_record_check_value(
          c, MR_RULE_BLOCK, value, true, near, "unknown kind of block \"%.*s\"%s%s%s",
          mr_record_check_shown(key), key.ptr, near ? ": did you mean \"" : "",
          near ? near : ": use text, image, document or video", near ? "\"?" : "");
    }
  }
}

static void check_turns(mr_record_check *c, uint32_t list) {
  mr_record_json *j = c->json;
  uint32_t message = mr_record_json_first(j, list), next;
  bool is_several = mr_record_json_count(j, list, 2) == 2;
  turn before = TURN_NONE;
  uint32_t values[MR_COUNT(MESSAGE_KEYS)];
  if (!is_several)
    mr_record_check_value(c, MR_RULE_MESSAGE_COUNT, list, false, NULL,
                          "messages has %s: a record needs a user message and an assistant message",
                          message ? "one element" : "no element");
  for (bool is_first = true; message; message = next, is_first = false) {
    next = mr_record_json_next(j, list, message);
    c->sums.messages++;
    if (!is(c, message, MR_RECORD_OBJECT)) {
      mr_record_check_value(c, MR_RULE_MESSAGE, message, false, NULL,
                            "a message is %s: it must be an object with \"role\" and \"content\"",
                            mr_record_check_kind(c, message));
      before = TURN_NONE;
      continue;
    }
    mr_record_check_keys(c, message, MESSAGE_KEYS, MESSAGE_KEYS, values);
    uint32_t role = values[0], content = values[1];
    turn now = role ? check_role(c, role) : TURN_NONE;
    bool told = false;
    if (now == TURN_ASSISTANT && is_first) {
      mr_record_check_value(c, MR_RULE_FIRST_ROLE, role, false, "user",
                            "the first message is the assistant's: start with the user's");
    } else if (now != TURN_NONE && now == before) {
      const char *who = now == TURN_USER ? "user" : "assistant";
      mr_record_check_value(
          c, MR_RULE_ALTERNATE, role, false, now == TURN_USER ? "assistant" : "user",
          "two %s messages in a row: join them into one, or put the missing turn between", who);
      told = true;
    }
    if (now == TURN_USER && !next && is_several && !told)
      mr_record_check_value(
          c, MR_RULE_LAST_ROLE, role, false, "assistant",
          "the last message is the user's: end with the assistant's answer, from which the "
          "model learns");
    before = now;
    if (content)
      check_content(c, content, now == TURN_ASSISTANT);
  }
}

static void check_messages(mr_record_check *c, uint32_t messages) {
  if (messages && is(c, messages, MR_RECORD_ARRAY))
    check_turns(c, messages);
  else if (messages)
    mr_record_check_value(c, MR_RULE_MESSAGES, messages, false, NULL,
                          "messages is %s: it must be an array", mr_record_check_kind(c, messages));
}

/* ---- families --------------------------------------------------------------------------- */

static void check_claude(mr_record_check *c) {
  uint32_t values[MR_COUNT(CLAUDE_KEYS)];
  mr_record_check_keys(c, 0, CLAUDE_KEYS, CLAUDE_KEYS + 1, values);
  uint32_t system = values[0];
  if (system && is(c, system, MR_RECORD_STRING)) {
    c->sums.system++;
    mr_record_check_text(c, system, false);
  } else if (system) {
    mr_record_check_value(c, MR_RULE_SYSTEM, system, false, NULL,
                          "system is %s: it must be a string, or leave the key out",
                          mr_record_check_kind(c, system));
  }
  check_messages(c, values[1]);
}

static void check_converse(mr_record_check *c) {
  static const char *const REQUIRED[] = {"schemaVersion", "messages", NULL};
  uint32_t values[MR_COUNT(CONVERSE_KEYS)];
  mr_record_check_keys(c, 0, CONVERSE_KEYS, REQUIRED, values);
  uint32_t version = values[0], system = values[1];
  if (version && !(is(c, version, MR_RECORD_STRING) &&
                   mr_slice_is(mr_record_json_text(c->json, version), SCHEMA)))
    mr_record_check_value(c, MR_RULE_SCHEMA_VERSION, version, false, SCHEMA,
                          "schemaVersion must be \"%s\"", SCHEMA);
  if (system && is(c, system, MR_RECORD_ARRAY)) {
    c->sums.system++;
    check_blocks(c, system, false);
  } else if (system) {
    mr_record_check_value(
        c, MR_RULE_SYSTEM, system, false, "[{\"text\": ...}]",
        "system is %s: this format wants an array of blocks, such as [{\"text\": \"...\"}]",
        mr_record_check_kind(c, system));
  }
  check_messages(c, values[2]);
}

static void check_prompt(mr_record_check *c) {
  uint32_t values[MR_COUNT(PROMPT_KEYS)];
  mr_record_check_keys(c, 0, PROMPT_KEYS, PROMPT_KEYS, values);
  for (int i = 0; PROMPT_KEYS[i]; i++) {
    uint32_t value = values[i];
    if (value && is(c, value, MR_RECORD_STRING))
      mr_record_check_text(c, value, i == 1);
    else if (value)
      mr_record_check_value(c, i == 0 ? MR_RULE_PROMPT : MR_RULE_COMPLETION, value, false, NULL,
                            "%s is %s: it must be a string", PROMPT_KEYS[i],
                            mr_record_check_kind(c, value));
  }
}

mr_record_family mr_record_family_guess(mr_record_json *j) {
  if (mr_record_json_member(j, 0, "schemaVersion"))
    return MR_RECORD_CONVERSE;
  if (mr_record_json_member(j, 0, "messages"))
    return MR_RECORD_CLAUDE;
  if (mr_record_json_member(j, 0, "modelInput") || mr_record_json_member(j, 0, "recordId"))
    return MR_RECORD_BATCH;
  if (mr_record_json_member(j, 0, "prompt") || mr_record_json_member(j, 0, "completion"))
    return MR_RECORD_PROMPT;
  return MR_RECORD_AUTO;
}

/* A record of another family gets one finding that says so, not one for every key. */
static bool other_family(mr_record_check *c) {
  static const char *const SHAPES[] = {
      [MR_RECORD_AUTO] = "",
      [MR_RECORD_CLAUDE] = "{\"system\": \"...\", \"messages\": [{\"role\": \"user\", \"content\": "
                           "\"...\"}, ...]}",
      [MR_RECORD_PROMPT] = "{\"prompt\": \"...\", \"completion\": \"...\"}",
      [MR_RECORD_CONVERSE] = "{\"schemaVersion\": \"bedrock-conversation-2024\", \"messages\": "
                             "[...]}",
      [MR_RECORD_BATCH] = "{\"recordId\": \"...\", \"modelInput\": {...}} (a batch job)"};
  mr_record_family looks = mr_record_family_guess(c->json);
  bool near = looks == MR_RECORD_CLAUDE && c->family == MR_RECORD_CONVERSE;
  if (looks == MR_RECORD_AUTO || looks == c->family || near)
    return false; /* schemaVersion left out is a missing key */
  const char *from = mr_record_family_name(looks);
  if (looks == MR_RECORD_BATCH || c->family == MR_RECORD_BATCH)
    mr_record_check_value(
        c, MR_RULE_FAMILY, 0, false, NULL,
        "this is a record of the %s format, but %s is trained with %s: name its format", from,
        c->profile->name, SHAPES[c->family]);
  else
    mr_record_check_value(
        c, MR_RULE_FAMILY, 0, false, NULL,
        "this is a record of the %s format, but %s is trained with %s: convert it, by "
        "moonrock convert IN OUT --from %s --to %s",
        from, c->profile->name, SHAPES[c->family], from, mr_record_family_name(c->family));
  return true;
}

static void duplicate(void *ud, uint32_t again, uint32_t first) {
  mr_record_check *c = (mr_record_check *)ud;
  if (mr_record_check_is_full(c))
    return;
  mr_slice key = mr_record_json_key(c->json, again);
  size_t before =
      mr_record_characters(mr_slice_make(c->text.ptr, mr_record_json_key_offset(c->json, first)));
  mr_record_check_value(c, MR_RULE_DUPLICATE_KEY, again, true, NULL,
                        "the key \"%.*s\" is already at column %zu: keep one of the two",
                        mr_record_check_shown(key), key.ptr, before + 1);
}

/* ---- sizes ------------------------------------------------------------------------------ */

static void check_size(mr_record_check *c, uint64_t characters, uint32_t limit, const char *what) {
  uint64_t tokens = mr_record_check_tokens(characters);
  if (limit == 0 || tokens * 10 < (uint64_t)limit * 9)
    return;
  mr_buf_reset(&c->path);
  mr_record_json_path(c->json, c->longest_value, &c->path);
  const char *longest = mr_buf_text(&c->path);
  bool over = tokens > limit;
  mr_record_check_found(
      c, over ? MR_RULE_TOKENS : MR_RULE_NEAR_LIMIT, 0, mr_slice_make("", 0), NULL,
      "%s has about %llu tokens (%llu characters at %d a token), %s the %lu of %s: %s; the longest "
      "text is %s",
      what, (unsigned long long)tokens, (unsigned long long)characters,
      MR_RECORD_CHARACTERS_PER_TOKEN, over ? "over" : "near", (unsigned long)limit,
      c->profile->name, over ? "shorten or split it" : "the real count may be over it", longest);
}

int mr_record_family_check(mr_record_check *c) {
  memset(&c->sums, 0, sizeof c->sums);
  c->longest_value = 0;
  c->longest_text = 0;
  int status = mr_record_json_duplicates(c->json, duplicate, c);
  if (status != MR_OK)
    return status;
  if (!other_family(c)) {
    if (c->family == MR_RECORD_PROMPT)
      check_prompt(c);
    else if (c->family == MR_RECORD_CONVERSE)
      check_converse(c);
    else if (c->family == MR_RECORD_BATCH)
      mr_record_batch_check(c);
    else
      check_claude(c);
    check_size(c, c->sums.characters_in + c->sums.characters_out, c->profile->max_tokens,
               "the record");
    check_size(c, c->sums.characters_in, c->profile->max_input_tokens, "the prompt");
    check_size(c, c->sums.characters_out, c->profile->max_output_tokens, "the completion");
  }
  return c->no_memory ? MR_ERR_MEMORY : MR_OK;
}
