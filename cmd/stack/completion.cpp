#include "cmd/stack/completion.h"

#include <set>

#include "cmd/stack/candidates.h"
#include "cmd/stack/image_names.h"
#include "cmd/stack/network_text.h"
#include "cmd/stack/output.h"
#include "cmd/stack/project.h"
#include "cmd/stack/running_stacks.h"
#include "cmd/stack/services.h"
#include "cmd/stack/volume_names.h"
#include "core/images/store.h"
#include "specs/active_profiles.h"

namespace stack::cmd {
namespace {

// Where nothing of ours fits, each shell goes on with the names of files.
constexpr const char kBash[] = R"(# stack completion for bash
_stack() {
    mapfile -t COMPREPLY < <(stack __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f1)
}
complete -o default -F _stack stack
)";

constexpr const char kZsh[] = R"(#compdef stack
# stack completion for zsh
_stack() {
    local line word
    local -a found
    for line in "${(@f)$(stack __complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
        word=${line%%$'\t'*}
        [[ -z $word ]] && continue
        word=${word//:/\\:}  # a colon parts it from its summary
        [[ $line == *$'\t'* ]] && word+=":${line#*$'\t'}"
        found+=("$word")
    done
    if (( $#found )); then
        _describe stack found
    else
        _files
    fi
}
if [[ $funcstack[1] == _stack ]]; then
    _stack "$@"
else
    compdef _stack stack
fi
)";

constexpr const char kFish[] = R"(# stack completion for fish
function __stack_complete
    set -l words (commandline -opc) (commandline -ct)
    set -l found (stack __complete $words[2..-1] 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c stack -f -a '(__stack_complete)'
)";

std::vector<std::string> image_names() {
  std::vector<std::string> names;
  if (const auto stored = Store().list())
    for (const StoredImage& image : *stored) names.push_back(shown_name(image));
  return names;
}

std::vector<std::string> network_names() {
  std::vector<std::string> names;
  std::vector<std::string> unsaid;
  if (const auto networks = list_networks(unsaid))
    for (const ListedNetwork& network : *networks) names.push_back(network.spec.name);
  return names;
}

std::vector<std::string> names_of_kind(const std::string& kind, const Globals& globals) {
  if (kind == "STACK") return running_stacks();
  if (kind == "VOLUME") return volume_names();
  if (kind == "IMAGE") return image_names();
  if (kind == "NETWORK") return network_names();
  if (kind != "SERVICE" && kind != "PROFILE") return {};
  const auto spec = whole_spec_if_any(globals);  // whoever names a service switches it on
  if (!spec) return {};
  if (kind == "SERVICE") return names_of(*spec);
  const std::set<std::string> profiles = all_profiles(*spec);
  return {profiles.begin(), profiles.end()};
}

}  // namespace

void print_candidates(CLI::App& app, const Globals& globals, const std::vector<std::string>& words) {
  std::string text;
  const auto names = [&](const std::string& kind) { return names_of_kind(kind, globals); };
  for (const Candidate& one : candidates(app, words, names))
    text += one.word + (one.summary.empty() ? "" : "\t" + one.summary) + "\n";
  print(text);
}

Run define_completion(CLI::App& command, const Globals&) {
  auto shell = std::make_shared<std::string>();
  command.add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command.footer(
      "bash:  stack completion bash > /etc/bash_completion.d/stack\n"
      "zsh:   stack completion zsh > /usr/local/share/zsh/site-functions/_stack\n"
      "fish:  stack completion fish > /etc/fish/completions/stack.fish");
  return [shell]() -> Result<int> {
    print(*shell == "bash" ? kBash : *shell == "zsh" ? kZsh : kFish);
    return 0;
  };
}

}  // namespace stack::cmd
