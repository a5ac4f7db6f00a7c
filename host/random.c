/* SPDX-License-Identifier: MIT
 *
 * random.c -- the module moonrock.random: identifiers, jitter, shuffles.
 * xoshiro256** (Blackman and Vigna), seeded from the system, or under virtual time from
 * the run's seed.  Not for keys: nothing here makes a secret. */
#include <lauxlib.h>

#include "host/error.h"
#include "host/random.h"
#include "host/realm.h"
#include "host/sys.h"

static uint64_t rotate(uint64_t x, int k) {
  return (x << k) | (x >> (64 - k));
}

static uint64_t draw(mr_realm *realm) {
  uint64_t *s = realm->random;
  uint64_t result = rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = rotate(s[3], 45);
  return result;
}

void mr_random_seed(mr_realm *realm, uint64_t seed) {
  for (int i = 0; i < 4; i++) { /* splitmix64, as its authors advise */
    seed += 0x9e3779b97f4a7c15u;
    uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    realm->random[i] = z ^ (z >> 31);
  }
  realm->random_seeded = true;
}

static mr_realm *seeded(lua_State *L) {
  mr_realm *realm = mr_realm_of(L);
  if (!realm->random_seeded) {
    if (mr_sys_random(realm->random, sizeof realm->random) != 0)
      mr_error_raise(L, "RandomUnavailable", "the system gave no random bytes");
    realm->random_seeded = true;
  }
  return realm;
}

static int random_integer(lua_State *L) {
  lua_Integer low = luaL_checkinteger(L, 1), high = luaL_checkinteger(L, 2);
  luaL_argcheck(L, low <= high, 2, "interval is empty");
  mr_realm *realm = seeded(L);
  uint64_t range = (uint64_t)high - (uint64_t)low, x = draw(realm);
  if (range != UINT64_MAX) { /* throw away what would favour the low numbers */
    uint64_t limit = UINT64_MAX - (UINT64_MAX % (range + 1) + 1) % (range + 1);
    while (x > limit)
      x = draw(realm);
    x %= range + 1;
  }
  lua_pushinteger(L, (lua_Integer)((uint64_t)low + x));
  return 1;
}

static int random_float(lua_State *L) {
  lua_pushnumber(L, (lua_Number)(draw(seeded(L)) >> 11) * (1.0 / 9007199254740992.0));
  return 1;
}

static int random_bytes(lua_State *L) {
  lua_Integer n = luaL_checkinteger(L, 1);
  luaL_argcheck(L, n >= 0 && n <= 1 << 24, 1, "0 to 16777216 bytes");
  mr_realm *realm = seeded(L);
  luaL_Buffer b;
  char *p = luaL_buffinitsize(L, &b, (size_t)n);
  for (lua_Integer i = 0; i < n; i++)
    p[i] = (char)(draw(realm) >> 56);
  luaL_pushresultsize(&b, (size_t)n);
  return 1;
}

int mr_random_uuid(lua_State *L) {
  mr_realm *realm = seeded(L);
  uint64_t words[2] = {draw(realm), draw(realm)};
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
  static const luaL_Reg functions[] = {{"integer", random_integer},
                                       {"float", random_float},
                                       {"bytes", random_bytes},
                                       {"uuid", mr_random_uuid},
                                       {NULL, NULL}};
  luaL_newlib(L, functions);
  return 1;
}
