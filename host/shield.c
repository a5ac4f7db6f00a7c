/* SPDX-License-Identifier: MIT
 *
 * shield.c -- is a task in the middle of a __close handler?
 * Such a handler is cleanup already: a lease gives back what bills by a request.  A stop that
 * comes meanwhile is raised at the first wait after it, not inside; the time limit of
 * cleanup counts all the same.  Only the ordinary end of a block can be told from Lua's own
 * call information; a handler that runs because of an error is not seen here. */
#include <lauxlib.h>

#include "host/sched.h"

static bool closes(lua_State *L) {
  lua_Debug ar;
  for (int level = 0; lua_getstack(L, level, &ar); level++) {
    lua_getinfo(L, "n", &ar);
    if (ar.name && strcmp(ar.namewhat, "metamethod") == 0 && strcmp(ar.name, "close") == 0)
      return true;
  }
  return false;
}

bool mr_task_shielded(const mr_task_record *t) {
  for (lua_State *L = t->L; L; L = mr_coro_inner(L))
    if (closes(L))
      return true;
  return false;
}
