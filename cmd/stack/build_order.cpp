#include "cmd/stack/build_order.h"

namespace stack::cmd {
namespace {

class Ordering {
 public:
  explicit Ordering(const StackSpec& spec) : spec_(spec) {}

  Result<void> add(const std::string& name) {
    const auto service = spec_.services.find(name);
    if (service == spec_.services.end() || !service->second.build || done_.contains(name)) return {};
    if (!under_way_.insert(name).second)
      return fault("build of \"" + name + "\" needs itself as an additional context");
    for (const auto& [key, context] : service->second.build->additional_contexts)
      TRY(add(service_of_context(context)));
    done_.insert(name);
    order_.push_back(name);
    return {};
  }

  std::vector<std::string> order() { return std::move(order_); }

 private:
  const StackSpec& spec_;
  std::set<std::string> under_way_, done_;
  std::vector<std::string> order_;
};

}  // namespace

std::string service_of_context(const std::string& context) {
  constexpr std::string_view kService = "service:";
  return context.starts_with(kService) ? context.substr(kService.size()) : "";
}

Result<std::vector<std::string>> build_order(const StackSpec& spec, const std::set<std::string>& services) {
  Ordering ordering(spec);
  for (const std::string& name : services) TRY(ordering.add(name));
  return ordering.order();
}

}  // namespace stack::cmd
