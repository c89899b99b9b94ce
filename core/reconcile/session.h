// One client of the control socket: requests in, events out, a JSON object a line. Bounded both ways: a
// request that is too long, or a client that does not read, is hung up on.
#pragma once

#include <boost/asio/local/stream_protocol.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/sys/unique_fd.h"

namespace stack {

class Session : public std::enable_shared_from_this<Session> {
 public:
  // Called with each request and the descriptors that rode on it.
  using Handler = std::function<void(const std::shared_ptr<Session>&, const nlohmann::json&,
                                     const std::vector<UniqueFd>&)>;

  Session(boost::asio::local::stream_protocol::socket socket, Handler handler)
      : socket_(std::move(socket)), handler_(std::move(handler)) {}

  void begin() { await_bytes(); }
  void send(const nlohmann::json& event, UniqueFd fd = UniqueFd());
  void result(int code, const std::string& error = "");
  void answer(int code, const nlohmann::json& data);  // a result with data
  void hang_up();
  [[nodiscard]] bool open() const { return socket_.is_open(); }
  // Hang up once everything sent has left.
  void finish();

  bool wants_progress = false;  // of the verb that runs
  bool watches = false;         // asked for changes of state
  bool hears = false;           // asked for events

 private:
  struct Outgoing {
    std::string line;
    UniqueFd fd;
  };

  void await_bytes();
  void receive();
  bool take_bytes();
  void take_lines();
  void await_room();
  void flush();

  boost::asio::local::stream_protocol::socket socket_;
  Handler handler_;
  std::string incoming_;
  std::vector<UniqueFd> incoming_fds_;
  std::deque<Outgoing> outgoing_;
  std::size_t queued_ = 0;
  bool waiting_for_room_ = false;
  bool finishing_ = false;
};

}  // namespace stack
