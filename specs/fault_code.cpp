#include "specs/fault_code.h"

namespace stack {
namespace {

using C = FaultCode;

constexpr FaultKind kKinds[] = {
    {C::address_conflict, "address-conflict",
     "An address, subnet, MAC, interface or bridge is taken, reserved or not of the subnet"},
    {C::conflicting_keys, "conflicting-keys", "Keys that cannot stand together, or say different things"},
    {C::cycle, "cycle", "depends_on, extends or include lead back to where they began"},
    {C::duplicate_key, "duplicate-key", "A key stands twice in one map"},
    {C::env_file_syntax, "env-file-syntax", "A line of an env file is not NAME=VALUE"},
    {C::inactive_service, "inactive-service", "A service that is named is of no active profile"},
    {C::include_conflict, "include-conflict", "Two included files say different things of one name"},
    {C::invalid_name, "invalid-name", "A name has characters that such a name cannot have"},
    {C::invalid_value, "invalid-value", "A value is not of the form or in the range that its key takes"},
    {C::missing_healthcheck, "missing-healthcheck",
     "A service waits for another to be healthy, which has no health check"},
    {C::missing_key, "missing-key", "A key that the others here need is not there, or is empty"},
    {C::name_conflict, "name-conflict", "Two objects of the file have one name on the host"},
    {C::never_kept, "never-kept",
     "Valid Compose that cannot be kept on a Linux host of its own; the message says why"},
    {C::no_effect, "no-effect", "Accepted, but means nothing here; the message says why"},
    {C::no_services, "no-services", "The file is empty or has no services"},
    {C::not_utf8, "not-utf8", "The file is not UTF-8 text"},
    {C::not_yet, "not-yet", "Valid Compose that is not supported yet"},
    {C::port_conflict, "port-conflict", "A port is published or listened on twice"},
    {C::required_variable, "required-variable", "A variable that ${NAME:?words} requires is not set"},
    {C::self_reference, "self-reference", "A service names itself where it can only name another"},
    {C::suspicious_value, "suspicious-value", "A valid value that is most likely meant otherwise"},
    {C::target_conflict, "target-conflict", "Two mounts, configs or secrets have one path in the container"},
    {C::too_large, "too-large", "The files, or what they bring in, are beyond a bound that no stack needs"},
    {C::undefined_config, "undefined-config", "A config that is named is not defined at the top level"},
    {C::undefined_network, "undefined-network", "A network that is named is not defined at the top level"},
    {C::undefined_secret, "undefined-secret", "A secret that is named is not defined at the top level"},
    {C::undefined_service, "undefined-service", "A service that is named is not there"},
    {C::undefined_volume, "undefined-volume", "A volume that is named is not defined at the top level"},
    {C::unknown_key, "unknown-key", "A key that Compose does not have in this place"},
    {C::unknown_option, "unknown-option",
     "A word within a value (of a mount, of security_opt) that is no option"},
    {C::unknown_profile, "unknown-profile",
     "--profile or COMPOSE_PROFILES names a profile that no service has"},
    {C::unreachable_service, "unreachable-service",
     "A linked service shares no network with who links to it"},
    {C::unread_file, "unread-file", "Another stack file lies in the folder and is not read"},
    {C::unreadable_file, "unreadable-file", "A file that is named cannot be read, or is none"},
    {C::unset_variable, "unset-variable",
     "A variable without a default is not set; the empty string is taken"},
    {C::variable_syntax, "variable-syntax",
     "A \"$\" is followed by no variable of a form that Compose knows"},
    {C::wrong_type, "wrong-type", "A map, a list or text stands where another of them is needed"},
    {C::yaml_syntax, "yaml-syntax", "The text is not YAML, or is YAML that no Compose file may have"},
};

}  // namespace

std::span<const FaultKind> fault_kinds() {
  return kKinds;
}

const char* name_of(FaultCode code) {
  return kKinds[static_cast<std::size_t>(code)].name;
}

}  // namespace stack
