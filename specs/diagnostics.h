// Faults of a file as people read them: file:line:column, the source line, a caret, the nearest valid name.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "specs/fault_code.h"
#include "specs/origin.h"
#include "specs/stack_spec.h"

namespace stack {

enum class Severity { error, warning };

struct Diagnostic {
  Severity severity = Severity::error;
  FaultCode code = FaultCode::invalid_value;
  SourcePos pos;
  int length = 1;       // how many columns the caret underlines
  Origins origins;      // how what stands there came to be read
  std::string message;  // `unknown key "enviroment" in service "web"`
  std::string hint;     // `did you mean "environment"?`
};

class Diagnostics {
 public:
  void error(const Mark& at, FaultCode code, std::string message, std::string hint = "");
  void warning(const Mark& at, FaultCode code, std::string message, std::string hint = "");
  // The text of a file, so that its lines can be quoted.
  void add_source(const std::string& file, std::string text);

  [[nodiscard]] bool has_errors() const;
  [[nodiscard]] const std::vector<Diagnostic>& all() const { return all_; }
  // In file order, as shown in ../shared/STYLE.md, each with its code and what is known of where its value
  // came from; `colour` for a terminal.
  [[nodiscard]] std::string render(bool colour) const;
  // The text given to add_source, "" for a file unknown.
  [[nodiscard]] const std::string& source(const std::string& file) const;
  // Puts all() into file order: by file as first named to add_source, then by line and column.
  void sort();

 private:
  void add(Diagnostic diagnostic);

  std::vector<std::string> order_;
  std::vector<Diagnostic> all_;
  std::map<std::string, std::string> sources_;
};

// The one of `candidates` that `word` was most likely meant to be, or "" where none is near.
std::string nearest(const std::string& word, const std::vector<std::string>& candidates);
// `did you mean "NEAREST"?`, or `otherwise`.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& candidates,
                         const std::string& otherwise = "");

}  // namespace stack
