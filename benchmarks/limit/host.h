// The natural Lua host: one reused table for the input, one protected call, the decision written by its known shape.
#ifndef LIMIT_HOST_H
#define LIMIT_HOST_H

#include <lua.hpp>

#include "transaction.h"
#include "writer.h"

namespace limit {

class Host {
 public:
  // Loads the policy file; `function` is "decide" or "approve". Exits with a message where it does not load.
  Host(const char *policy_file, const char *function);
  ~Host();

  // Appends the decision, or the reason why there is none, to `out`.
  void decide(const Transaction &tx, Writer &out);

 private:
  lua_State *state_;
};

}  // namespace limit

#endif
