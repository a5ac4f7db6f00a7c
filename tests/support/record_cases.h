/* SPDX-License-Identifier: MIT
 *
 * record_cases.h -- records of which each breaks one rule, and where.
 * Each stands as line 7 of a file of good records of the same family. */
#ifndef MR_TEST_RECORD_CASES_H
#define MR_TEST_RECORD_CASES_H

#include <stddef.h>

#define GOOD                                                                                       \
  "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"assistant\", "           \
  "\"content\": \"b\"}]}"
#define RECORD(a, b) "{\"messages\": [" a ", " b "]}"
#define USER(text) "{\"role\": \"user\", \"content\": " text "}"
#define BOT(text) "{\"role\": \"assistant\", \"content\": " text "}"

typedef struct rule_case {
  const char *rule;
  const char *line; /* stands as line 7 */
  size_t column;    /* from 1 */
  const char *path;
  const char *suggestion;
} rule_case;

static const char CLAUDE_FORMAT[] =
    "{\"system\": \"s\", \"messages\": [" USER("\"question %d\"") ", " BOT("\"answer\"") "]}";

static const rule_case CLAUDE[] = {
    {"utf8", "{\"messages\": [" USER("\"caf\xe9\"") "]}", 47, "", ""},
    {"blank-line", "", 1, "", ""},
    {"blank-line", "  \t", 1, "", ""},
    {"json", "{'messages': []}", 2, "", ""},
    {"json", "{\"messages\": [}", 15, "", ""},
    {"json", "{\"messages\": [", 15, "", ""},
    {"trailing", GOOD " x", 89, "", ""},
    {"trailing", GOOD ",", 88, "", ""},
    {"object", "[" GOOD "]", 1, "", ""},
    {"object", "\"text\"", 1, "", ""},
    {"duplicate-key",
     "{\"system\": \"a\", \"system\": \"b\", \"messages\": [" USER("\"a\"") ", " BOT("\"b\"") "]}",
     17, "system", ""},
    {"unknown-key", "{\"id\": 1, \"messages\": [" USER("\"a\"") ", " BOT("\"b\"") "]}", 2, "id",
     ""},
    {"unknown-key", "{\"mesages\": [" USER("\"a\"") ", " BOT("\"b\"") "]}", 2, "mesages",
     "messages"},
    {"unknown-key",
     "{\"messages\": [{\"role\": \"user\", \"content\": \"a\", \"name\": \"x\"}, " BOT(
         "\"b\"") "]}",
     48, "messages[0].name", ""},
    {"unknown-key", "{\"odd key\": 1, \"messages\": [" USER("\"a\"") ", " BOT("\"b\"") "]}", 2,
     "[\"odd key\"]", ""},
    {"missing-key", "{\"system\": \"s\"}", 1, "", "messages"},
    {"missing-key", "{\"messages\": [" USER("\"a\"") ", {\"role\": \"assistant\"}]}", 49,
     "messages[1]", "content"},
    {"missing-key", "{\"messages\": [{\"content\": \"a\"}, " BOT("\"b\"") "]}", 15, "messages[0]",
     "role"},
    {"format", "{\"prompt\": \"a\", \"completion\": \"b\"}", 1, "", ""},
    {"system", "{\"system\": [], \"messages\": [" USER("\"a\"") ", " BOT("\"b\"") "]}", 12,
     "system", ""},
    {"system", "{\"system\": null, \"messages\": [" USER("\"a\"") ", " BOT("\"b\"") "]}", 12,
     "system", ""},
    {"messages", "{\"messages\": \"hello\"}", 14, "messages", ""},
    {"message-count", "{\"messages\": []}", 14, "messages", ""},
    {"message", "{\"messages\": [\"hi\", " BOT("\"b\"") "]}", 15, "messages[0]", ""},
    {"role", "{\"messages\": [{\"role\": \"human\", \"content\": \"a\"}, " BOT("\"b\"") "]}", 24,
     "messages[0].role", "user"},
    {"role", "{\"messages\": [" USER("\"a\"") ", {\"role\": 1, \"content\": \"b\"}]}", 58,
     "messages[1].role", ""},
    {"role",
     "{\"messages\": [{\"role\": \"system\", \"content\": \"a\"}, " USER("\"a\"") ", " BOT(
         "\"b\"") "]}",
     24, "messages[0].role", ""},
    {"first-role", "{\"messages\": [" BOT("\"b\"") ", " USER("\"a\"") ", " BOT("\"b\"") "]}", 24,
     "messages[0].role", "user"},
    {"alternate", "{\"messages\": [" USER("\"a\"") ", " USER("\"a\"") ", " BOT("\"b\"") "]}", 58,
     "messages[1].role", "assistant"},
    {"alternate", "{\"messages\": [" USER("\"a\"") ", " BOT("\"b\"") ", " BOT("\"b\"") "]}", 97,
     "messages[2].role", "user"},
    {"last-role", "{\"messages\": [" USER("\"a\"") ", " BOT("\"b\"") ", " USER("\"a\"") "]}", 97,
     "messages[2].role", "assistant"},
    {"content", RECORD(USER("[{\"text\": \"a\"}]"), BOT("\"b\"")), 43, "messages[0].content", ""},
    {"content", RECORD(USER("\"a\""), BOT("null")), 82, "messages[1].content", ""},
    {"blank-content", RECORD(USER("\"\""), BOT("\"b\"")), 43, "messages[0].content", ""},
    {"blank-content", RECORD(USER("\"a\""), BOT("\" \\n\\t \"")), 82, "messages[1].content", ""},
    {"reserved-word", RECORD(USER("\"Human: b\""), BOT("\"b\"")), 43, "messages[0].content",
     ""},
    {"reserved-word", RECORD(USER("\"a\\n\\nHuman: b\""), BOT("\"b\"")), 43, "messages[0].content",
     ""},
    {"reserved-word", RECORD(USER("\"a\""), BOT("\"x\\nAssistant: b\"")), 82, "messages[1].content",
     ""},
};

static const char CONVERSE_FORMAT[] =
    "{\"schemaVersion\": \"bedrock-conversation-2024\", \"system\": [{\"text\": \"s\"}], "
    "\"messages\": [" USER("[{\"text\": \"question %d\"}]") ", " BOT(
        "[{\"text\": \"answer\"}]") "]}";

#define CONVERSE_HEAD "{\"schemaVersion\": \"bedrock-conversation-2024\", \"messages\": ["
#define TURNS USER("[{\"text\": \"a\"}]") ", " BOT("[{\"text\": \"b\"}]") "]}"

static const rule_case CONVERSE[] = {
    {"schema-version", "{\"schemaVersion\": \"2024\", \"messages\": [" TURNS, 19, "schemaVersion",
     "bedrock-conversation-2024"},
    {"missing-key", "{\"messages\": [" TURNS, 1, "", "schemaVersion"},
    {"system",
     "{\"schemaVersion\": \"bedrock-conversation-2024\", \"system\": \"s\", \"messages\": [" TURNS,
     58, "system", "[{\"text\": ...}]"},
    {"content", CONVERSE_HEAD USER("\"a\"") ", " BOT("[{\"text\": \"b\"}]") "]}", 89,
     "messages[0].content", "[{\"text\": ...}]"},
    {"content", CONVERSE_HEAD USER("[]") ", " BOT("[{\"text\": \"b\"}]") "]}", 89,
     "messages[0].content", ""},
    {"block", CONVERSE_HEAD USER("[\"a\"]") ", " BOT("[{\"text\": \"b\"}]") "]}", 90,
     "messages[0].content[0]", ""},
    {"block", CONVERSE_HEAD USER("[{\"txt\": \"a\"}]") ", " BOT("[{\"text\": \"b\"}]") "]}", 91,
     "messages[0].content[0].txt", "text"},
    {"block", CONVERSE_HEAD USER("[{\"text\": 1}]") ", " BOT("[{\"text\": \"b\"}]") "]}", 99,
     "messages[0].content[0].text", ""},
    {"format", "{\"prompt\": \"a\", \"completion\": \"b\"}", 1, "", ""},
};

static const char PROMPT_FORMAT[] = "{\"prompt\": \"question %d\", \"completion\": \"answer\"}";

static const rule_case PROMPT[] = {
    {"prompt", "{\"prompt\": 1, \"completion\": \"b\"}", 12, "prompt", ""},
    {"completion", "{\"prompt\": \"a\", \"completion\": [\"b\"]}", 31, "completion", ""},
    {"missing-key", "{\"prompt\": \"a\"}", 1, "", "completion"},
    {"unknown-key", "{\"prompt\": \"a\", \"completions\": \"b\"}", 17, "completions", "completion"},
    {"blank-content", "{\"prompt\": \"a\", \"completion\": \"\"}", 31, "completion", ""},
    {"format", CLAUDE_FORMAT, 1, "", ""},
};

static const char BATCH_FORMAT[] =
    "{\"recordId\": \"id %d\", \"modelInput\": {\"anthropic_version\": \"bedrock-2023-05-31\", "
    "\"max_tokens\": 10, \"messages\": [" USER("\"question\"") "]}}";

#define BODY_HEAD "{\"modelInput\": {\"anthropic_version\": \"bedrock-2023-05-31\", "
#define BODY(text) BODY_HEAD text "}}"
#define MESSAGES "\"messages\": [" USER("\"a\"") "]"

static const rule_case BATCH[] = {
    {"missing-key", "{\"recordId\": \"x\"}", 1, "", "modelInput"},
    {"unknown-key", "{\"recordID\": \"x\", \"modelInput\": {}}", 2, "recordID", "recordId"},
    {"record-id", "{\"recordId\": 1, \"modelInput\": {}}", 14, "recordId", ""},
    {"model-input", "{\"recordId\": \"x\", \"modelInput\": \"{}\"}", 33, "modelInput", ""},
    {"anthropic-version",
     "{\"modelInput\": {\"anthropic_version\": \"2023\", \"max_tokens\": 1, " MESSAGES "}}", 38,
     "modelInput.anthropic_version", "bedrock-2023-05-31"},
    {"max-tokens", BODY("\"max_tokens\": \"9\", " MESSAGES), 74, "modelInput.max_tokens", ""},
    {"max-tokens", BODY("\"max_tokens\": 0, " MESSAGES), 74, "modelInput.max_tokens", ""},
    {"max-tokens", BODY("\"max_tokens\": 1.5, " MESSAGES), 74, "modelInput.max_tokens", ""},
    {"missing-key", BODY(MESSAGES), 16, "modelInput", "max_tokens"},
    {"unknown-key", BODY("\"max_token\": 1, " MESSAGES), 60, "modelInput.max_token", "max_tokens"},
    {"unknown-key", BODY("\"model\": \"x\", \"max_tokens\": 1, " MESSAGES), 60, "modelInput.model",
     ""},
    {"messages", BODY("\"max_tokens\": 1, \"messages\": {}"), 89, "modelInput.messages", ""},
    {"message-count", BODY("\"max_tokens\": 1, \"messages\": []"), 89, "modelInput.messages", ""},
    {"message", BODY("\"max_tokens\": 1, \"messages\": [1]"), 90, "modelInput.messages[0]", ""},
    {"role", BODY("\"max_tokens\": 1, \"messages\": [{\"role\": \"system\", \"content\": \"a\"}]"),
     99, "modelInput.messages[0].role", ""},
    {"content", BODY("\"max_tokens\": 1, \"messages\": [" USER("null") "]"), 118,
     "modelInput.messages[0].content", ""},
    {"block", BODY("\"max_tokens\": 1, \"messages\": [" USER("[\"a\"]") "]"), 119,
     "modelInput.messages[0].content[0]", ""},
    {"blank-content",
     BODY("\"max_tokens\": 1, \"messages\": [" USER("[{\"type\": \"text\", \"text\": \"\"}]") "]"),
     144, "modelInput.messages[0].content[0].text", ""},
    {"duplicate-id", "{\"recordId\": \"id 6\", \"modelInput\": {\"inputText\": \"a\"}}", 1,
     "recordId", ""},
    {"format", CLAUDE_FORMAT, 1, "", ""},
};

#endif
