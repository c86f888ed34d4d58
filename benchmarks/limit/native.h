// The decision of policy.lua in C++.
#ifndef LIMIT_NATIVE_H
#define LIMIT_NATIVE_H

#include "transaction.h"
#include "writer.h"

namespace limit {

// False where the policy would fail: an unknown category or level.
bool decide_native(const Transaction &tx, Writer &out);

}  // namespace limit

#endif
