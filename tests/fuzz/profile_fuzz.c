/* SPDX-License-Identifier: MIT
 *
 * profile_fuzz.c -- any text as the shared files: settings and credential chains of every profile
 * come out, or an error object that says what is wrong.  The first byte cuts the input in two, the
 * config file and the credentials file.  No secret key of the file may be a string. */
#include <lauxlib.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host/moonrock.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY = 256 << 20 };

/* Waits for texts in the globals CONFIG and CREDENTIALS and gives the function that reads them. */
static const char script[] =
    "local errors, ini = require 'moonrock.error', require 'moonrock.ini'\n"
    "local config, profile = require 'moonrock.aws.config', require 'moonrock.aws.profile'\n"
    "local plan = require 'moonrock.aws.credentials.plan'\n"
    "local services = { 's3', 'bedrock', 'bedrock-runtime', 'sts', 'sso' }\n"
    "local variables = { AWS_CONFIG_FILE = '/config', AWS_SHARED_CREDENTIALS_FILE = '/credentials' }\n"
    "function ini.read(path, kind)\n"
    "  return ini.parse(path == '/config' and CONFIG or CREDENTIALS, kind)\n"
    "end\n"
    "local function allowed(f, ...)\n"
    "  local ok, result = pcall(f, ...)\n"
    "  if ok then return result end\n"
    "  assert(errors.is(result) and type(result.code) == 'string' and #result.message > 0, result)\n"
    "end\n"
    "local function getenv(name) return variables[name] end\n"
    "function CHECK()\n"
    "  local files = allowed(profile.load, getenv)\n"
    "  if not files then return end\n"
    "  local shared = { profile_files = files }\n"
    "  for name, properties in pairs(files.profiles) do\n"
    "    local secret = properties.aws_secret_access_key\n"
    "    assert(type(secret) ~= 'string', 'a secret is readable')\n"
    "    assert(profile.find(files, name) == properties)\n"
    "    for _, step in ipairs(allowed(plan.of_profile, files, name) or {}) do\n"
    "      assert(type(step.kind) == 'string')\n"
    "    end\n"
    "    for _, service in ipairs(services) do\n"
    "      allowed(config.resolve, service, { profile = name, environment = getenv }, shared)\n"
    "    end\n"
    "  end\n"
    "  allowed(config.resolve, 's3', { environment = getenv }, shared)\n"
    "  allowed(profile.find, files, 'a name that is not there')\n"
    "end\n"
    "CONFIG, CREDENTIALS = '[profile a]\\nregion = r', '[a]\\naws_access_key_id = k'\n"
    "local a = profile.load(getenv).profiles.a\n"
    "assert(a.region == 'r' and a.aws_access_key_id == 'k')\n";

static mr_state *open_state(void) {
  mr_config config = MR_CONFIG_INIT;
  mr_state *s;
  mr_report r;
  config.caps = MR_CAP_CLOCK;
  config.max_memory = MEMORY;
  if (mr_create(&config, &s) != MR_OK ||
      mr_spawn(s, "profile_fuzz", script, strlen(script), 0, NULL, NULL) != MR_OK)
    abort();
  mr_run(s);
  if (!mr_reap(s, &r) || r.status != MR_OK) {
    fprintf(stderr, "%s\n", r.text);
    exit(1);
  }
  return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  static mr_state *s;
  mr_report r;
  if (!s)
    s = open_state();
  lua_State *L = mr_lua(s);
  size_t cut = size > 0 ? 1 + data[0] * (size - 1) / 255 : 0;
  const char *text = (const char *)data;
  lua_pushlstring(L, size > 0 ? text + 1 : "", size > 0 ? cut - 1 : 0);
  lua_setglobal(L, "CONFIG");
  lua_pushlstring(L, size > 0 ? text + cut : "", size > 0 ? size - cut : 0);
  lua_setglobal(L, "CREDENTIALS");
  if (mr_spawn(s, "one", "CHECK()", 7, 0, NULL, NULL) != MR_OK)
    abort();
  mr_run(s);
  if (!mr_reap(s, &r) || r.status != MR_OK) {
    fprintf(stderr, "%s\n", r.text);
    abort();
  }
  lua_gc(L, LUA_GCCOLLECT); /* garbage left behind looks like a leak, which costs a long search */
  return 0;
}
