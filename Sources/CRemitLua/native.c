#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "native.h"

/* Loads the library of a native plugin. What is loaded are the very bytes that its owner has read and hashed: they go through a
 * file in memory, so that a library which is replaced on disk meanwhile is another one, and none that stays is taken for the new. */

static const char symbol[] = "remit_plugin_v1";
enum { TEXT_MAX = 256 };

typedef struct loader {
  char *message;
  size_t size;
} loader;

static bool refuse(const loader *l, const char *format, ...) __attribute__((format(printf, 2, 3)));
static bool refuse(const loader *l, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(l->message, l->size, format, arguments);
  va_end(arguments);
  return false;
}

/* ---- The description */

static bool is_text(const char *text) {
  return text && strnlen(text, TEXT_MAX + 1) <= TEXT_MAX && remit_utf8_valid((const uint8_t *)text, strlen(text));
}

static bool is_name(const char *text) {
  if (!is_text(text) || (*text >= '0' && *text <= '9')) return false;
  return *text && !text[strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_")];
}

static bool is_type(uint32_t type) {
  uint32_t plain = type & ~(uint32_t)REMIT_PLUGIN_OPTIONAL;
  return plain >= REMIT_PLUGIN_TEXT && plain <= REMIT_PLUGIN_DATE;
}

static bool check_function(const loader *l, const remit_plugin *plugin, size_t place) {
  const remit_plugin_function *f = &plugin->functions[place];
  if (!is_name(f->name)) return refuse(l, "function %zu has no proper name", place + 1);
  for (size_t i = 0; i < place; i++)
    if (strcmp(plugin->functions[i].name, f->name) == 0) return refuse(l, "two functions are called '%s'", f->name);
  if (!f->call) return refuse(l, "%s: there is nothing to call", f->name);
  if (f->argument_count > REMIT_PLUGIN_ARGUMENTS_MAX || (f->argument_count && !f->arguments))
    return refuse(l, "%s: a function takes at most %d arguments", f->name, REMIT_PLUGIN_ARGUMENTS_MAX);
  for (size_t i = 0; i < f->argument_count; i++) {
    if (!is_name(f->arguments[i].name)) return refuse(l, "%s: argument %zu has no proper name", f->name, i + 1);
    if (!is_type(f->arguments[i].type))
      return refuse(l, "%s: the argument '%s' has the unknown type %u", f->name, f->arguments[i].name, (unsigned)f->arguments[i].type);
  }
  if (!is_type(f->result)) return refuse(l, "%s: the result has the unknown type %u", f->name, (unsigned)f->result);
  return true;
}

static bool check_plugin(const loader *l, const remit_plugin *plugin, const char *name) {
  if (!plugin) return refuse(l, "%s returns nothing", symbol);
  if (plugin->version != REMIT_PLUGIN_VERSION)
    return refuse(l, "it is made for version %u of the plugins' interface, this program has version %d: build it with the %s of this "
                  "program", (unsigned)plugin->version, REMIT_PLUGIN_VERSION, "remit_plugin.h");
  if (!is_name(plugin->name)) return refuse(l, "the plugin has no proper name");
  if (strcmp(plugin->name, name) != 0)
    return refuse(l, "the plugin calls itself '%s', not '%s': --native-plugin %s=PATH", plugin->name, name, plugin->name);
  if (!is_text(plugin->release)) return refuse(l, "the plugin's own version is missing");
  if (!plugin->function_count || plugin->function_count > REMIT_PLUGIN_FUNCTIONS_MAX || !plugin->functions)
    return refuse(l, "a plugin has from 1 to %d functions", REMIT_PLUGIN_FUNCTIONS_MAX);
  for (size_t i = 0; i < plugin->function_count; i++)
    if (!check_function(l, plugin, i)) return false;
  return true;
}

/* ---- The library */

/* A library that was cut off, as by a copy that is still under way, would end the process: the linker maps what the headers say and
 * reads it. So all that they name must be there. */
static bool is_whole(const loader *l, remit_slice bytes) {
  ElfW(Ehdr) header;
  if (bytes.length < sizeof header || memcmp(bytes.bytes, ELFMAG, SELFMAG) != 0) return refuse(l, "it is no shared library");
  memcpy(&header, bytes.bytes, sizeof header);
  if (header.e_phentsize != sizeof(ElfW(Phdr)) || header.e_type != ET_DYN) return refuse(l, "it is no shared library of this machine");
  for (size_t i = 0; i < header.e_phnum; i++) {
    ElfW(Phdr) part;
    if (header.e_phoff > bytes.length || (i + 1) * sizeof part > bytes.length - header.e_phoff) return refuse(l, "it is cut off");
    memcpy(&part, bytes.bytes + header.e_phoff + i * sizeof part, sizeof part);
    if (part.p_type != PT_LOAD && part.p_type != PT_DYNAMIC) continue;
    if (part.p_offset > bytes.length || part.p_filesz > bytes.length - part.p_offset) return refuse(l, "it is cut off");
  }
  return true;
}

/* A file in memory with these bytes, which nothing can change any more; -1 and a message where there is none. */
static int memory_file(const loader *l, remit_slice bytes, const char *name) {
  int file = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);
  size_t done = 0;
  while (file >= 0 && done < bytes.length) {
    ssize_t count = write(file, bytes.bytes + done, bytes.length - done);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) {
      close(file);
      file = -1;
    } else {
      done += (size_t)count;
    }
  }
  if (file < 0) refuse(l, "there is no room for it in memory: %s", strerror(errno));
  else fcntl(file, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL);
  return file;
}

/* What the dynamic linker says, without the name that the library has for it. */
static const char *reason(const char *error) {
  if (!error) return "the system does not say why";
  const char *words = strncmp(error, "/proc/self/fd/", 14) == 0 ? strstr(error, ": ") : NULL;
  return words ? words + 2 : error;
}

const remit_native *remit_native_load(remit_slice bytes, const char *name, char *message, size_t size) {
  loader l = {message, size};
  if (!is_whole(&l, bytes)) return NULL;
  int file = memory_file(&l, bytes, name);
  if (file < 0) return NULL;
  /* The file stays open for good: its number is the library's name for the linker, and must be no other's. */
  char path[32];
  snprintf(path, sizeof path, "/proc/self/fd/%d", file);
  void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  remit_native *native = NULL;
  if (!library) {
    refuse(&l, "it cannot be loaded: %s", reason(dlerror()));
  } else {
    const remit_plugin *(*describe)(void) = NULL;
    void *address = dlsym(library, symbol);
    memcpy(&describe, &address, sizeof address);  /* ISO C knows no other way from data to a function */
    if (!describe) refuse(&l, "it exports no function %s: it is no plugin of this program", symbol);
    const remit_plugin *plugin = describe ? describe() : NULL;
    if (describe && check_plugin(&l, plugin, name)) {
      native = malloc(sizeof *native);
      if (native) native->plugin = plugin;
      else refuse(&l, "there is no memory for it");
    }
  }
  if (native) return native;
  if (library) dlclose(library);
  close(file);
  return NULL;
}

const char *remit_native_release(const remit_native *native) { return native->plugin->release; }
