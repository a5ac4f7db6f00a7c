/* SPDX-License-Identifier: MIT
 *
 * random.c -- the module moonrock.random: identifiers, jitter, shuffles.
 * xoshiro256** (Blackman and Vigna).  The module's functions draw from one source, seeded from
 * the system, or under virtual time from the run's seed; stream(seed) makes a source of its own,
 * which gives the same numbers in every run and on every machine.  Not for keys: nothing here
 * makes a secret. */
#include <lauxlib.h>

#include "host/error.h"
#include "host/random.h"
#include "host/realm.h"
#include "host/sys.h"

#define STREAM "moonrock.random.stream"
#define MOST_DRAWS (UINT64_C(1) << 22) /* of one call, some 10 ms: no hook comes within */

static uint64_t rotate(uint64_t x, int k) {
  return (x << k) | (x >> (64 - k));
}

static uint64_t draw(uint64_t s[4]) {
  uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return result;
}

static void seed_source(uint64_t s[4], uint64_t seed) {
  for (int i = 0; i < 4; i++) { /* splitmix64, as its authors advise */
    seed += 0x9e3779b97f4a7c15u;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    s[i] = z ^ (z >> 31);
  }
}

void mr_random_seed(mr_realm *realm, uint64_t seed) {
  seed_source(realm->random, seed);
  realm->random_seeded = true;
}

static uint64_t *seeded(lua_State *L) {
  mr_realm *realm = mr_realm_of(L);
  if (!realm->random_seeded) {
    if (mr_sys_random(realm->random, sizeof realm->random) != 0)
      mr_error_raise(L, "RandomUnavailable", "the system gave no random bytes");
    realm->random_seeded = true;
  }
  return realm->random;
}

/* A number from 0 to range, both included. */
static uint64_t up_to(uint64_t s[4], uint64_t range) {
  uint64_t x = draw(s);
  if (range != UINT64_MAX) { /* throw away what would favour the low numbers */
    uint64_t limit = UINT64_MAX - (UINT64_MAX % (range + 1) + 1) % (range + 1);
    while (x > limit)
      x = draw(s);
    x %= range + 1;
  }
  return x;
}

static int push_integer(lua_State *L, uint64_t s[4], int first) {
  lua_Integer low = luaL_checkinteger(L, first), high = luaL_checkinteger(L, first + 1);
  luaL_argcheck(L, low <= high, first + 1, "interval is empty");
  lua_pushinteger(L, (lua_Integer)((uint64_t)low + up_to(s, (uint64_t)high - (uint64_t)low)));
  return 1;
}

static int push_float(lua_State *L, uint64_t s[4]) {
  lua_pushnumber(L, (lua_Number)(draw(s) >> 11) * (1.0 / 9007199254740992.0));
  return 1;
}

/* seed(n): from here on the module's functions draw the same as in every run with this seed. */
static int random_seed(lua_State *L) {
  mr_random_seed(mr_realm_of(L), (uint64_t)luaL_checkinteger(L, 1));
  return 0;
}

static int random_integer(lua_State *L) {
  return push_integer(L, seeded(L), 1);
}

static int random_float(lua_State *L) {
  return push_float(L, seeded(L));
}

static int stream_integer(lua_State *L) {
  return push_integer(L, luaL_checkudata(L, 1, STREAM), 2);
}

static int stream_float(lua_State *L) {
  return push_float(L, luaL_checkudata(L, 1, STREAM));
}

/* shuffle(list) -> the same list (Fisher and Yates). */
static int stream_shuffle(lua_State *L) {
  uint64_t *s = luaL_checkudata(L, 1, STREAM);
  luaL_checktype(L, 2, LUA_TTABLE);
  lua_settop(L, 2);
  for (lua_Integer i = (lua_Integer)lua_rawlen(L, 2); i > 1; i--) {
    lua_Integer other = 1 + (lua_Integer)up_to(s, (uint64_t)i - 1);
    lua_rawgeti(L, 2, i);
    lua_rawgeti(L, 2, other);
    lua_rawseti(L, 2, i);
    lua_rawseti(L, 2, other);
  }
  return 1;
}

/* A place from 0 to n - 1, for n up to 2^32: a product in place of a division, which would be most of
 * what a draw costs (Lemire 2019). */
static uint32_t place_of(uint64_t s[4], uint64_t n) {
  uint64_t product = (draw(s) >> 32) * n;
  if ((uint32_t)product < n) { /* as up_to: throw away what would favour some */
    uint64_t least = (UINT64_C(1) << 32) % n;
    while ((uint32_t)product < least)
      product = (draw(s) >> 32) * n;
  }
  return (uint32_t)(product >> 32);
}

/* The arguments of resample and flip_signs: a list as doubles, pushed, and how many results. */
static lua_Number *check_draws(lua_State *L, uint64_t *n, lua_Integer *count) {
  luaL_checktype(L, 2, LUA_TTABLE);
  *n = lua_rawlen(L, 2);
  luaL_argcheck(L, *n > 0, 2, "the list is empty");
  luaL_argcheck(L, *n <= UINT32_MAX, 2, "the list is too long");
  *count = luaL_optinteger(L, 3, 1);
  luaL_argcheck(L, *count >= 1 && (*count == 1 || (uint64_t)*count <= MOST_DRAWS / *n), 3,
                "1, or so many that they take at most 4194304 draws");
  lua_Number *numbers = lua_newuserdatauv(L, *n * sizeof *numbers, 0);
  for (uint64_t i = 0; i < *n; i++) {
    int is_number = 0;
    lua_rawgeti(L, 2, (lua_Integer)i + 1);
    numbers[i] = lua_tonumberx(L, -1, &is_number);
    luaL_argcheck(L, is_number, 2, "the list has something that is no number");
    lua_pop(L, 1);
  }
  lua_createtable(L, (int)*count, 0);
  return numbers;
}

/* resample(list of numbers[, count]) -> as many means, each of as many numbers as the list has, drawn
 * with replacement: the step that a bootstrap takes ten thousand times. */
static int stream_resample(lua_State *L) {
  uint64_t *s = luaL_checkudata(L, 1, STREAM), n;
  lua_Integer count;
  const lua_Number *numbers = check_draws(L, &n, &count);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_Number sum = 0;
    for (uint64_t k = 0; k < n; k++)
      sum += numbers[place_of(s, n)];
    lua_pushnumber(L, sum / (lua_Number)n);
    lua_rawseti(L, -2, i);
  }
  return 1;
}

/* flip_signs(list of numbers[, count]) -> as many sums of the list, each number with a sign of chance. */
static int stream_flip_signs(lua_State *L) {
  uint64_t *s = luaL_checkudata(L, 1, STREAM), n;
  lua_Integer count;
  const lua_Number *numbers = check_draws(L, &n, &count);
  for (lua_Integer i = 1; i <= count; i++) {
    lua_Number sum = 0;
    uint64_t bits = 0;
    for (uint64_t k = 0; k < n; k++, bits >>= 1) {
      if (k % 64 == 0)
        bits = draw(s);
      sum += bits & 1 ? -numbers[k] : numbers[k];
    }
    lua_pushnumber(L, sum);
    lua_rawseti(L, -2, i);
  }
  return 1;
}

static int random_stream(lua_State *L) {
  lua_Integer seed = luaL_checkinteger(L, 1);
  uint64_t *s = lua_newuserdatauv(L, 4 * sizeof *s, 0);
  seed_source(s, (uint64_t)seed);
  luaL_setmetatable(L, STREAM);
  return 1;
}

static int random_bytes(lua_State *L) {
  lua_Integer n = luaL_checkinteger(L, 1);
  luaL_argcheck(L, n >= 0 && n <= 1 << 24, 1, "0 to 16777216 bytes");
  uint64_t *s = seeded(L);
  luaL_Buffer b;
  char *p = luaL_buffinitsize(L, &b, (size_t)n);
  for (lua_Integer i = 0; i < n; i++)
    p[i] = (char)(draw(s) >> 56);
  luaL_pushresultsize(&b, (size_t)n);
  return 1;
}

int mr_random_uuid(lua_State *L) {
  uint64_t *s = seeded(L);
  uint64_t words[2] = {draw(s), draw(s)};
  char text[37], *p = text;
  words[0] = (words[0] & ~UINT64_C(0xf000)) | 0x4000;
  words[1] = (words[1] & ~(UINT64_C(3) << 62)) | (UINT64_C(1) << 63);
  for (int i = 0; i < 32; i++) {
    if (i == 8 || i == 12 || i == 16 || i == 20)
      *p++ = '-';
    *p++ = "0123456789abcdef"[(words[i / 16] >> (60 - 4 * (i % 16))) & 15];
  }
  lua_pushlstring(L, text, 36);
  return 1;
}

int luaopen_moonrock_random(lua_State *L) {
  static const luaL_Reg functions[] = {{"integer", random_integer}, {"float", random_float},
                                       {"bytes", random_bytes},     {"uuid", mr_random_uuid},
                                       {"seed", random_seed},       {"stream", random_stream},
                                       {NULL, NULL}};
  static const luaL_Reg methods[] = {{"integer", stream_integer},
                                     {"float", stream_float},
                                     {"shuffle", stream_shuffle},
                                     {"resample", stream_resample},
                                     {"flip_signs", stream_flip_signs},
                                     {NULL, NULL}};
  luaL_newmetatable(L, STREAM);
  luaL_newlib(L, methods);
  lua_setfield(L, -2, "__index");
  lua_pop(L, 1);
  luaL_newlib(L, functions);
  return 1;
}
