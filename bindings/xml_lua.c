/* SPDX-License-Identifier: MIT
 *
 * xml_lua.c -- module moonrock.xml: a document as tables, and escapes. */
#include <lauxlib.h>

#include "bindings/xml.h"
#include "host/context.h"
#include "host/error.h"
#include "host/type.h"

int luaopen_moonrock_xml(lua_State *L);

#define TREE_TYPE "moonrock.xml.tree"

static int tree_gc(lua_State *L) {
  mr_xml_clear(luaL_checkudata(L, 1, TREE_TYPE));
  return 0;
}

static void set_slice(lua_State *L, const char *name, mr_slice s) {
  lua_pushlstring(L, s.ptr, s.len);
  lua_setfield(L, -2, name);
}

/* Recursion is bounded by MR_XML_DEPTH. */
static void push_node(lua_State *L, const mr_xml_node *node) {
  lua_Integer n = 0;
  luaL_checkstack(L, 8, "XML");
  lua_createtable(L, (int)node->children, 3);
  set_slice(L, "name", node->name);
  set_slice(L, "text", node->text);
  lua_newtable(L);
  for (const mr_xml_attribute *a = node->attributes; a; a = a->next) {
    lua_pushlstring(L, a->name.ptr, a->name.len);
    lua_pushlstring(L, a->value.ptr, a->value.len);
    lua_rawset(L, -3);
  }
  lua_setfield(L, -2, "attributes");
  for (const mr_xml_node *child = node->first_child; child; child = child->next_sibling) {
    push_node(L, child);
    lua_rawseti(L, -2, ++n);
  }
}

/* parse(text): the root as {name=, text=, attributes={}, children...}, or nil, err. */
static int xml_parse(lua_State *L) {
  mr_slice text;
  text.ptr = luaL_checklstring(L, 1, &text.len);
  mr_xml *x = lua_newuserdatauv(L, sizeof *x, 0);
  memset(x, 0, sizeof *x);
  luaL_setmetatable(L, TREE_TYPE);
  int status = mr_xml_parse(x, text, mr_context_alloc(L));
  if (status == MR_ERR_MEMORY)
    mr_error_memory(L);
  if (status < 0) {
    lua_pushnil(L);
    mr_error_push(L, "XMLSyntax", "line %I, column %I: %s", (LUAI_UACINT)x->line,
                  (LUAI_UACINT)x->column, x->message);
    lua_pushinteger(L, (lua_Integer)x->line);
    lua_setfield(L, -2, "line");
    lua_pushinteger(L, (lua_Integer)x->column);
    lua_setfield(L, -2, "column");
    return 2;
  }
  push_node(L, x->root);
  mr_xml_clear(x);
  return 1;
}

/* escape(s [, "attribute"]): nil and an error for what XML 1.0 cannot spell. */
static int xml_escape(lua_State *L) {
  static const char *const modes[] = {"text", "attribute", NULL};
  mr_slice s;
  s.ptr = luaL_checklstring(L, 1, &s.len);
  bool is_attribute = luaL_checkoption(L, 2, "text", modes) == 1;
  mr_buf *b = mr_context_buffer(L);
  if (mr_xml_escape(b, s, is_attribute) == MR_ERR_ARG) {
    lua_pushnil(L);
    mr_error_push(L, "XMLCharacter", "the text holds a character that XML cannot spell");
    return 2;
  }
  mr_context_push(L, b);
  return 1;
}

int luaopen_moonrock_xml(lua_State *L) {
  static const luaL_Reg functions[] = {{"escape", xml_escape}, {"parse", xml_parse}, {NULL, NULL}};
  if (mr_type_new(L, TREE_TYPE)) {
    lua_pushcfunction(L, tree_gc);
    lua_setfield(L, -2, "__gc");
    mr_type_done(L, TREE_TYPE);
  }
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
