// What a service with several containers, or none, cannot have.
#include "specs/checks.h"
#include "specs/replicas.h"

namespace stack {

void check_replicas(const Draft& draft, Diagnostics& diagnostics) {
  for (const ReplicaFault& fault : replica_faults(draft.spec))
    error(diagnostics, place_of(draft.services, fault.service, fault.key), FaultCode::conflicting_keys,
          fault.words, fault.hint);
}

}  // namespace stack
