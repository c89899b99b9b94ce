// Another program as a child of ours, with plain signals and with no descriptor but those it is given.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "core/sys/unique_fd.h"
#include "specs/result.h"

namespace stack {

enum class SpawnSession { ours, its_own };
// bare: only what says where programs are. For what runs on after us: our caller's environment may hold
// secrets.
enum class SpawnEnvironment { ours, bare };

// descriptors[n] becomes number n of the child.
Result<pid_t> spawn(const std::string& program, std::vector<std::string> argv,
                    const std::vector<int>& descriptors, SpawnSession session,
                    SpawnEnvironment environment = SpawnEnvironment::ours);
// The exit code of a child, 128 + n where signal n ended it.
Result<int> exit_code_of(pid_t pid, const std::string& program);

// A program of others at work for us. It ends with the object, and in a session of its own all that it has
// started ends with it.
class Child {
 public:
  // As spawn(). The words of errors name the program.
  static Result<Child> start(const std::string& program, std::vector<std::string> argv,
                             const std::vector<int>& descriptors, SpawnSession session);
  Child(Child&& other) noexcept;
  Child& operator=(Child&&) = delete;
  ~Child();

  // Readable when it has ended.
  [[nodiscard]] int pidfd() const { return pidfd_.get(); }
  // To its group too where it has a session of its own.
  void signal(int number) const;
  // Reaps it when it has ended: as exit_code_of. What its group has left behind is killed first.
  Result<int> end();

 private:
  Child(pid_t pid, std::string program, SpawnSession session)
      : pid_(pid), program_(std::move(program)), session_(session) {}

  pid_t pid_;
  std::string program_;
  SpawnSession session_;
  UniqueFd pidfd_;
};

// The first of these folders' programs of that name that may be executed; empty where there is none.
std::string find_program(const std::string& name, const std::vector<std::string>& folders);
// $PATH, without folders that are not absolute.
std::vector<std::string> search_path();

}  // namespace stack
