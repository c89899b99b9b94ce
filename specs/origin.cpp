#include "specs/origin.h"

namespace stack {

Origins preceded(const Origins& known, Origin::How how, std::string variable, SourcePos pos) {
  const int length = known == nullptr ? 1 : known->length + 1;
  if (length > kMostOrigins) return known;
  return std::make_shared<const Origin>(Origin{how, std::move(variable), std::move(pos), known, length});
}

std::string words_of(const Origin& origin) {
  const std::string variable = "variable \"" + origin.variable + "\"";
  switch (origin.how) {
    case Origin::How::env_file:
      return variable + " is set here";
    case Origin::How::environment:
      return variable + " is from the environment";
    case Origin::How::default_value:
      return variable + " has no value, its default in the file is taken";
    case Origin::How::unset:
      return variable + " is not set";
    case Origin::How::alias:
      return "brought in by this alias";
    case Origin::How::extends:
      return "brought in by this extends";
    case Origin::How::include:
      return "brought in by this include";
  }
  return "";
}

const Origin* unset_in(const Origins& origins) {
  for (const Origin* origin = origins.get(); origin != nullptr; origin = origin->next.get())
    if (origin->how == Origin::How::unset) return origin;
  return nullptr;
}

}  // namespace stack
