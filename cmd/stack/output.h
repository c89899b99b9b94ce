// What the program prints: whole buffers by write(2), so that lines of several writers are not torn, and a
// reader that went away (`stack logs | head`) ends the program without a word.
#pragma once

#include <string>
#include <string_view>

#include "specs/result.h"

namespace stack::cmd {

void print(std::string_view text);        // to standard output
void print_error(std::string_view text);  // to standard error
// `stack: words`, each line of them.
void complain(const Error& error);

// 0; 130 for what a signal has ended (EINTR), which is complained of; another error stays one.
Result<int> exit_code_of(const Result<void>& done);

enum class Format { table, json, yaml };

// How the command shows what it does, as its line says; chosen once, before a verb runs.
struct Display {
  std::string ansi = "auto";      // always, never
  std::string progress = "auto";  // tty, plain, json, quiet
};
void choose_display(Display chosen);
const Display& display();

// Whether a descriptor is a terminal on which colour is welcome (https://no-color.org), or the line wants it
// anyhow.
bool wants_colour(int fd);

}  // namespace stack::cmd
