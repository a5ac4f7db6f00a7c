/* SPDX-License-Identifier: MIT
 *
 * client_caps_test.c -- clients in a state that may use the network and nothing else: no file, no
 * environment.  What the scripts ask of the system on their own must not stand in the way. */
#include "tests/support/host_script.h"

static const char *const script =
    "local moonrock = require 'moonrock'\n"
    "local body = require 'moonrock.aws.body'\n"
    "local sent = {}\n"
    "local function client(service)\n"
    "  return moonrock.client(service, { region = 'us-east-1', environment = function() end,\n"
    "    credentials = { access_key_id = 'a', secret_access_key = 'b' },\n"
    "    transport = { request = function(_, request)\n"
    "      sent[#sent + 1] = request.body\n"
    "      return { status = 200, headers = {}, body = body.of_string '{}' }\n"
    "    end } })\n"
    "end\n"
    "client('bedrock-runtime'):invoke_model { modelId = 'm', body = { a = 1 } }\n"
    "local chunks = { 'x', 'y' }\n"
    "client('s3'):put_object { Bucket = 'bkt', Key = 'k', Body = function() return "
    "table.remove(chunks, 1) end }\n"
    "return table.concat(sent, ' ')";

static void the_network_is_all_that_a_client_needs(void **state) {
  (void)state;
  mr_state *s = make_state(MR_CAP_NET | MR_CAP_CLOCK, 0, 0);
  expect_script(s, script, MR_OK, "{\"a\":1} xy");
  mr_destroy(s);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(the_network_is_all_that_a_client_needs)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
