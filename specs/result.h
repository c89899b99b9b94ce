// The one way in which our code reports a failure: a value, or an Error that says what was tried, on which
// object, and why. std::expected needs C++23, which the clang-tidy and libFuzzer of Debian 12 cannot compile.
#pragma once

#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace stack {

struct Error {
  int code = 0;       // an errno, or 0 where the kernel was not asked
  std::string words;  // lower case, no full stop: what was tried, the object quoted, the cause last

  // The same fault as seen one layer further out: `with("web: start")` gives "web: start: ...".
  [[nodiscard]] Error with(const std::string& prefix) const { return {code, prefix + ": " + words}; }
};

// `what` followed by the errno in words: `mount "proc": Permission denied`. Reads errno when `code` is not
// given.
[[nodiscard]] Error os_error(const std::string& what);
[[nodiscard]] Error os_error(const std::string& what, int code);
[[nodiscard]] inline Error fault(std::string words) {
  return {0, std::move(words)};
}

struct Nothing {};

template <typename T>
class [[nodiscard]] Result {
  static constexpr bool kIsVoid = std::is_void_v<T>;
  using Value = std::conditional_t<kIsVoid, Nothing, T>;

 public:
  using value_type = T;

  Result() requires kIsVoid : state_(std::in_place_index<0>) {}
  template <typename U = Value>
  requires(!kIsVoid && std::is_constructible_v<Value, U&&> &&
           !std::is_same_v<std::remove_cvref_t<U>, Result> && !std::is_same_v<std::remove_cvref_t<U>, Error>)
      Result(U&& value)
      : state_(std::in_place_index<0>, std::forward<U>(value)) {}            // NOLINT: implicit on purpose
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit on purpose

  [[nodiscard]] bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  [[nodiscard]] Value& value() & { return *std::get_if<0>(&state_); }
  [[nodiscard]] const Value& value() const& { return *std::get_if<0>(&state_); }
  [[nodiscard]] Value value() && { return std::move(*std::get_if<0>(&state_)); }
  Value& operator*() & { return value(); }
  const Value& operator*() const& { return value(); }
  Value operator*() && { return std::move(*this).value(); }
  Value* operator->() { return &value(); }
  const Value* operator->() const { return &value(); }

  [[nodiscard]] const Error& error() const { return *std::get_if<1>(&state_); }

  // The same result, its error (if any) told with a prefix of the caller's.
  [[nodiscard]] Result with(const std::string& prefix) && {
    if (ok()) return std::move(*this);
    return error().with(prefix);
  }

 private:
  std::variant<Value, Error> state_;
};

}  // namespace stack

// TRY(expression): the value, or return the error from the enclosing function. A GNU statement expression,
// which both gcc and clang compile; never used in the child after clone3, which must not return into its
// parent's loop.
#define TRY(...)                                       \
  __extension__({                                      \
    auto try_result_ = (__VA_ARGS__);                  \
    if (!try_result_.ok()) return try_result_.error(); \
    std::move(try_result_).value();                    \
  })
