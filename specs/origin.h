// Where a value is written, and by what it came to be read there: the variables that went into it, and the
// alias, `extends` or `include` that brought it in. Pure.
#pragma once

#include <memory>
#include <string>

#include "specs/stack_spec.h"

namespace stack {

struct Origin;
// The nearest to the reader first. Values that came together share it.
using Origins = std::shared_ptr<const Origin>;

struct Origin {
  enum class How { env_file, environment, default_value, unset, alias, extends, include };
  How how = How::environment;
  std::string variable;  // of the first four
  SourcePos pos;         // of the line of the env file, the alias, `extends` or `include`
  Origins next;
  int length = 1;  // of the chain
};

// What is beyond this many is left out: a file of nothing but aliases of aliases has as many as values.
inline constexpr int kMostOrigins = 8;

// `how`, before what is known already.
Origins preceded(const Origins& known, Origin::How how, std::string variable, SourcePos pos);
// `variable "PORT" is set here`
std::string words_of(const Origin& origin);
// The first of the chain that says that a variable was not set, null where there is none.
const Origin* unset_in(const Origins& origins);

struct Mark {
  SourcePos pos;
  int length = 1;  // in columns
  Origins origins = nullptr;
};

}  // namespace stack
