#include "remit_plugin.h"

/* The header is all there is: this file holds it to standing alone. */
_Static_assert(offsetof(remit_plugin, version) == 0, "every version of the structure begins with its version");
