// `stack exec`: a process in a running container, watched by the keeper as "exec/ID", so that its exit code
// outlives this reconciler. It is acknowledged once a client has been told it, or nobody asked for a minute.
#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <map>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/launch.h"
#include "core/reconcile/session.h"
#include "core/reconcile/world.h"

namespace stack {

class ExecSessions {
 public:
  explicit ExecSessions(World& world) : world_(world) {}

  void begin(const std::shared_ptr<Session>& session, const nlohmann::json& request,
             const std::vector<UniqueFd>& stdio);
  // Answers with the result of exec `id` when there is one.
  void wait(const std::shared_ptr<Session>& session, const std::string& id);
  bool exited(const keeper::Exit& exit);  // false where the name is none of ours
  void adopt(const keeper::Inventory::Watched& watched);

 private:
  struct Exec {
    explicit Exec(boost::asio::io_context& io) : timer(io) {}
    std::weak_ptr<Session> session;
    engine::Pending pending;
    std::unique_ptr<boost::asio::posix::stream_descriptor> descriptor;
    boost::asio::steady_timer timer;
    std::optional<keeper::Exit> exit;
    bool acknowledged = false;
    std::string fault;  // why it could not be started
  };

  Result<void> start(const std::string& id, const nlohmann::json& request,
                     const std::vector<UniqueFd>& stdio);
  void await_start(const std::string& id, bool tty);
  void started(const std::string& id, bool tty);
  void answer(const std::string& id);
  void acknowledge(const std::string& id);
  void forget(const std::string& id);

  World& world_;
  std::map<std::string, std::unique_ptr<Exec>> execs_;
  unsigned next_ = 0;
};

}  // namespace stack
