/* SPDX-License-Identifier: MIT
 *
 * fault_server -- the fault server for script tests.
 * Prints "PORT REFUSED-PORT", ends when asked (GET /stop), when its standard output has no
 * reader, or after two minutes. */
#define _GNU_SOURCE
#include "tests/support/fault_server.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

int main(void) {
  fault_server *s = fault_server_start();
  if (!s)
    return 1;
  alarm(120);
  printf("%d %d\n", fault_server_port(s), fault_server_refused_port(s));
  fflush(stdout);
  struct pollfd reader = {STDOUT_FILENO, 0, 0};
  while (!fault_server_stopped(s) && !(poll(&reader, 1, 50) > 0 && reader.revents & POLLERR)) {
  }
  usleep(20000); /* the answer to /stop is on its way */
  fault_server_free(s);
  return 0;
}
