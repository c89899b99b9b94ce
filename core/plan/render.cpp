#include "core/plan/plan.h"

namespace stack {
namespace {

struct Describe {
  StepText operator()(const CreateNetwork& a) const { return {"create", "network", a.network}; }
  StepText operator()(const RemoveNetwork& a) const { return {"remove", "network", a.network}; }
  StepText operator()(const CreateSandbox& a) const { return {"create", "namespaces of", a.owner}; }
  StepText operator()(const RemoveSandbox& a) const { return {"remove", "namespaces of", a.owner}; }
  StepText operator()(const AttachEndpoint& a) const {
    return {"attach", "network", a.network + " to " + a.owner};
  }
  StepText operator()(const DetachEndpoint& a) const {
    return {"detach", "network", a.network + " from " + a.owner};
  }
  StepText operator()(const ApplyFirewall&) const { return {"replace", "firewall", "table"}; }
  StepText operator()(const RemoveFirewall&) const { return {"remove", "firewall", "table"}; }
  StepText operator()(const StartContainer& a) const { return {"start", "container", a.service}; }
  StepText operator()(const StopContainer& a) const {
    return {a.recreate ? "recreate" : "stop", "container", a.service};
  }
  StepText operator()(const RemoveContainer& a) const { return {"remove", "container", a.service}; }
  StepText operator()(const ContinueContainer& a) const { return {"continue", "process of", a.service}; }
  StepText operator()(const PinSandbox& a) const { return {"pin", "namespaces of", a.owner}; }
  StepText operator()(const OpenResolver& a) const { return {"open", "resolver of", a.owner}; }
  StepText operator()(const RewriteFile& a) const { return {"rewrite", "file", a.file}; }
  StepText operator()(const ReopenLog& a) const { return {"reopen", "log of", a.service}; }
  StepText operator()(const MountFolder&) const { return {"mount", "folder", "live"}; }
  StepText operator()(const UpdateResources& a) const { return {"update", "limits of", a.service}; }
};

char sign_of(const std::string& action) {
  if (action == "remove" || action == "stop" || action == "detach") return '-';
  if (action == "create" || action == "start" || action == "attach") return '+';
  return '~';
}

}  // namespace

StepText describe(const Action& action) {
  return std::visit(Describe{}, action);
}

std::string object_of(const Action& action) {
  const StepText what = describe(action);
  return what.kind + " " + what.object;
}

std::string render(const Plan& plan) {
  std::string text;
  for (const Step& step : plan) {
    const StepText what = describe(step.action);
    text += std::string(1, sign_of(what.action)) + " " + what.action + " " + what.kind + " " + what.object +
            ": " + step.reason;
    std::string waits;
    for (const std::string& wait : step.waits) waits += (waits.empty() ? "; after " : ", ") + wait;
    text += waits + "\n";
  }
  return text;
}

}  // namespace stack
