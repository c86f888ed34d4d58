#include "host.h"

#include <cstdio>
#include <cstdlib>

namespace limit {

namespace {

// In the order of Field.
const char *const NAMES[FIELD_COUNT] = {
  "id", "date", "category", "amount", "urgent", "sole_source", "budget", "probability", "exposure",
  "years", "equity", "debt", "profit", "overdue_days",
  "id", "level",
  "id", "approved",
};

enum Record : int { REQUESTER, VENDOR, RECORD_COUNT };
const char *const RECORDS[RECORD_COUNT] = {"requester", "vendor"};
const int RECORD_STARTS[RECORD_COUNT + 1] = {REQUESTER_ID, VENDOR_ID, FIELD_COUNT};

enum Output : int { OUT_ID, OUT_OUTCOME, OUT_ROUTE, OUT_RISK, OUT_BAND, OUT_ELIGIBLE, OUT_FAILED, OUTPUT_COUNT };
const char *const OUTPUTS[OUTPUT_COUNT] = {"id", "outcome", "route", "risk", "band", "eligible", "failed"};

// The upvalues of `run`: everything that stays from line to line, at hand without a look-up.
enum Upvalue : int {
  UP_DECIDE = 1,
  UP_PARAMS,
  UP_INPUT,
  UP_RECORDS,                              // one for each record's reused table
  UP_NAMES = UP_RECORDS + RECORD_COUNT,    // one for each field's key
  UP_OUTPUTS = UP_NAMES + FIELD_COUNT,     // one for each output's key
  UP_END = UP_OUTPUTS + OUTPUT_COUNT,
};

struct Call {
  const Transaction *tx;
  Writer *out;
};

void push_value(lua_State *L, const Transaction &tx, int field) {
  const Value &value = tx.values[field];
  switch (KINDS[field]) {
    case Kind::text: lua_pushlstring(L, value.text.bytes, value.text.length); break;
    case Kind::number: lua_pushnumber(L, value.number); break;
    case Kind::integer: lua_pushinteger(L, value.integer); break;
    case Kind::boolean: lua_pushboolean(L, value.boolean); break;
  }
}

// Fills the table on top of the stack; it has all the keys already.
void fill(lua_State *L, const Transaction &tx, int from, int to) {
  for (int field = from; field < to; ++field) {
    lua_pushvalue(L, lua_upvalueindex(UP_NAMES + field));
    push_value(L, tx, field);
    lua_rawset(L, -3);
  }
}

int get(lua_State *L, int decision, Output output) {
  lua_pushvalue(L, lua_upvalueindex(UP_OUTPUTS + output));
  return lua_rawget(L, decision);
}

void write_text(lua_State *L, int decision, Output output, Writer &out) {
  size_t length;
  if (get(L, decision, output) != LUA_TSTRING) luaL_error(L, "%s: expected text", OUTPUTS[output]);
  const char *text = lua_tolstring(L, -1, &length);
  if (!out.room_for(length)) luaL_error(L, "%s: too long", OUTPUTS[output]);
  out.quoted({text, length});
  lua_pop(L, 1);
}

void write_list(lua_State *L, int decision, Output output, Writer &out) {
  if (get(L, decision, output) != LUA_TTABLE) luaL_error(L, "%s: expected a list", OUTPUTS[output]);
  out.literal("[");
  for (int i = 1; lua_rawgeti(L, -1, i) == LUA_TSTRING && i < 16; ++i) {
    size_t length;
    const char *text = lua_tolstring(L, -1, &length);
    if (length > 256) luaL_error(L, "%s: too long", OUTPUTS[output]);
    if (i > 1) out.literal(",");
    out.quoted({text, length});
    lua_pop(L, 1);
  }
  out.literal("]");
  lua_pop(L, 2);
}

void write_decision(lua_State *L, int decision, Writer &out) {
  out.literal("{\"id\":");
  write_text(L, decision, OUT_ID, out);
  out.literal(",\"outcome\":");
  write_text(L, decision, OUT_OUTCOME, out);
  if (get(L, decision, OUT_ROUTE) != LUA_TNIL) {
    out.literal(",\"route\":");
    write_list(L, decision, OUT_ROUTE, out);
    out.literal(",\"risk\":");
    if (get(L, decision, OUT_RISK) != LUA_TNUMBER) luaL_error(L, "risk: expected a number");
    out.number(lua_tonumber(L, -1));
    lua_pop(L, 1);
    out.literal(",\"band\":");
    write_text(L, decision, OUT_BAND, out);
    out.literal(",\"eligible\":");
    if (get(L, decision, OUT_ELIGIBLE) != LUA_TBOOLEAN) luaL_error(L, "eligible: expected a boolean");
    out.raw(lua_toboolean(L, -1) ? "true" : "false");
    lua_pop(L, 1);
    out.literal(",\"failed\":");
    write_list(L, decision, OUT_FAILED, out);
  }
  out.literal("}\n");
}

// Everything that may raise happens in here: fill, decide, write.
int run(lua_State *L) {
  const Call &call = *static_cast<const Call *>(lua_touserdata(L, 1));
  lua_pushvalue(L, lua_upvalueindex(UP_DECIDE));
  lua_pushvalue(L, lua_upvalueindex(UP_INPUT));
  fill(L, *call.tx, 0, RECORD_STARTS[0]);
  for (int record = 0; record < RECORD_COUNT; ++record) {
    lua_pushvalue(L, lua_upvalueindex(UP_RECORDS + record));
    fill(L, *call.tx, RECORD_STARTS[record], RECORD_STARTS[record + 1]);
    lua_pop(L, 1);
  }
  lua_pushvalue(L, lua_upvalueindex(UP_PARAMS));
  lua_call(L, 2, 1);
  if (!lua_istable(L, 2)) return luaL_error(L, "expected a decision");
  write_decision(L, 2, *call.out);
  return 0;
}

}  // namespace

Host::Host(const char *policy_file, const char *function) : state_(luaL_newstate()) {
  lua_State *L = state_;
  luaL_openlibs(L);
  if (luaL_dofile(L, policy_file) != LUA_OK) {
    std::fprintf(stderr, "limit: %s\n", lua_tostring(L, -1));
    std::exit(2);
  }
  luaL_checkstack(L, UP_END + 4, nullptr);
  lua_getfield(L, 1, function);
  lua_getfield(L, 1, "params");
  lua_createtable(L, 0, RECORD_STARTS[0] + RECORD_COUNT);
  int input = lua_gettop(L);
  for (int field = 0; field < RECORD_STARTS[0]; ++field) {
    lua_pushboolean(L, 0);
    lua_setfield(L, input, NAMES[field]);
  }
  for (int record = 0; record < RECORD_COUNT; ++record) {
    lua_createtable(L, 0, RECORD_STARTS[record + 1] - RECORD_STARTS[record]);
    for (int field = RECORD_STARTS[record]; field < RECORD_STARTS[record + 1]; ++field) {
      lua_pushboolean(L, 0);
      lua_setfield(L, -2, NAMES[field]);
    }
    lua_pushvalue(L, -1);
    lua_setfield(L, input, RECORDS[record]);
  }
  for (const char *name : NAMES) lua_pushstring(L, name);
  for (const char *name : OUTPUTS) lua_pushstring(L, name);
  lua_pushcclosure(L, run, UP_END - 1);
}

Host::~Host() { lua_close(state_); }

void Host::decide(const Transaction &tx, Writer &out) {
  lua_State *L = state_;
  size_t start = out.length;
  Call call{&tx, &out};
  lua_pushvalue(L, -1);
  lua_pushlightuserdata(L, &call);
  if (lua_pcall(L, 1, 0, 0) != LUA_OK) {
    out.length = start;
    size_t length;
    const char *message = lua_tolstring(L, -1, &length);
    out.literal("{\"error\":");
    out.quoted(message ? std::string_view(message, length < 1024 ? length : 1024) : "no message");
    out.literal("}\n");
    lua_pop(L, 1);
  }
}

}  // namespace limit
