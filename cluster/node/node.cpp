#include "cluster/node/node.hpp"

#include "actors/engine/basic_activities.hpp"
#include "actors/engine/engine_gateway.hpp"
#include "cluster/certificates/certificate_watch.hpp"
#include "cluster/computing/compute_desk.hpp"
#include "cluster/computing/compute_service.hpp"
#include "cluster/hosting/hosted_port.hpp"
#include "cluster/leadership/lease_fence.hpp"
#include "cluster/membership/incarnation_file.hpp"
#include "cluster/node/cluster_desk.hpp"
#include "cluster/node/hosting_opener.hpp"
#include "cluster/node/node_folder.hpp"
#include "cluster/node/node_gauge.hpp"
#include "cluster/node/node_leaver.hpp"
#include "cluster/node/node_steward.hpp"
#include "cluster/node/own_answers.hpp"
#include "cluster/transport/socket_transport.hpp"
#include "runtime/actor_system.hpp"
#include "runtime/ids.hpp"
#include "runtime/logging/log.hpp"
#include "runtime/query/postgres_address.hpp"
#include "runtime/store_host.hpp"

#include <caf/exit_reason.hpp>
#include <caf/scoped_actor.hpp>

#include <future>
#include <random>
#include <span>
#include <utility>

namespace troupe::cluster {

using namespace std::chrono_literals;

using runtime::fail;
using runtime::outcome;
using runtime::problem_kind;

namespace {

constexpr auto lease_name = "leader";
/// After an engine that did not start, so that others may try.
constexpr auto abstain_after_failure = 3s;
constexpr auto farewell_timeout = 3s;
/// Of this process itself, where programs at the socket have numbers from 1 on,
/// and other nodes from the next bit on.
constexpr auto own_asker = engine::asker_id{1} << 62U;

/// On any thread.
std::uint64_t draw() {
  // To open one takes longer than all else that an idle leader does in a tick.
  static thread_local std::random_device device;
  return (static_cast<std::uint64_t>(device()) << 32U) | device();
}

outcome<std::optional<node_credentials>>
read_credentials(const node_options& options) {
  const auto& file = options.file;
  if (file.certificates.empty())
    return std::optional<node_credentials>{};
  auto read
    = read_node_credentials(certificates_in(file.certificates, file.name),
                            file.name, options.time->now());
  if (!read)
    return fail(read.error());
  return std::optional{std::move(*read)};
}

} // namespace

struct node::parts {
  node_options options;
  node_folder folder;
  std::uint64_t incarnation = 0;
  runtime::uuid_generator ids;
  runtime::local_system system;
  std::shared_ptr<node_turns> turns = std::make_shared<node_turns>();
  std::string address;

  node_exchange_actor exchange;
  std::unique_ptr<certificate_watch> certificates; ///< Null: links are plain.
  incarnation_store_actor incarnations;
  membership_actor membership;
  lease_database_actor database;
  leadership_actor leadership; ///< Null where nobody else could lead.
  hosted_port_actor port; ///< Null on a node that is no worker.
  engine::activity_host_actor host;
  compute_service_actor service; ///< The same.
  compute_desk_actor lenders; ///< Null on a node that never leads.
  node_steward_actor steward;
  node_leaver_actor leaver;
  std::shared_ptr<own_answers> own = std::make_shared<own_answers>();
  std::unique_ptr<engine::engine_gateway> gateway;
  engine_relay_actor relay;
  cluster_desk_actor cluster;
  node_gauge_actor gauge;
  node_gauge_options gauged; ///< Until the gauge has it.

  parts(node_options from, node_folder in, std::uint64_t number)
    : options{std::move(from)}, folder{std::move(in)}, incarnation{number},
      ids{*options.time}, system{{.threads = options.threads}} {}

  parts(const parts&) = delete;
  parts& operator=(const parts&) = delete;

  /// In the order in which the others are to hear of it.
  ~parts() {
    give_back_lease();
    if (membership)
      ask_to_end<membership_done>(membership, leave_cluster{});
    certificates.reset(); // Its disk may be slow; nobody waits for it above.
    gateway.reset();
    end(steward, leaver, host, port, lenders, service, relay, cluster, gauge,
        leadership, database, membership, incarnations, exchange);
    for (const auto& late : system.shutdown(options.shutdown_timeout))
      runtime::log_warning("cluster.node", "a part did not end in time",
                           {{"part", late}});
  }

  /// One after the other; those that are not there are left out.
  template <class... Actors>
  static void end(Actors&... actors) {
    const auto end_one = [](auto& each) {
      if (each)
        caf::anon_send_exit(each, caf::exit_reason::user_shutdown);
      each = nullptr;
    };
    (end_one(actors), ...);
  }

  /// So that the next one leads. Needs no engine any more; may be repeated.
  void give_back_lease() {
    if (leadership)
      ask_to_end<leadership_stopped>(leadership, stop_leading{});
  }

  /// It is stopping anyway: whatever comes of it, time counts.
  template <class Reply, class Actor, class Question>
  void ask_to_end(const Actor& who, Question question) {
    auto self = caf::scoped_actor{*system};
    self->request(who, farewell_timeout, std::move(question))
      .receive([](const Reply&) {}, [](const caf::error&) {});
  }

  [[nodiscard]] node_identity identity() const {
    return {options.file.name, incarnation, options.build};
  }

  outcome<void> open_links();
  void watch_certificates(const node_credentials& in_use);
  void join();
  outcome<void> open_leadership();
  outcome<void> open_door();
  void begin();
  void open_places();
  void open_gauge();
  outcome<engine::local_engine> lead(lease_epoch epoch);
  outcome<void> take_turns(const std::stop_token& stop);
};

outcome<void> node::parts::open_links() {
  auto credentials = read_credentials(options);
  if (!credentials)
    return fail(credentials.error());
  auto from = socket_transport_options{};
  from.self = identity();
  from.credentials = *credentials;
  const auto listening
    = std::make_shared<std::promise<outcome<std::uint16_t>>>();
  auto to = node_exchange_options{};
  to.self = identity();
  to.draw = draw;
  // What runs here may take all other threads; beats have to go on.
  to.has_own_thread = true;
  to.make_transport = [from = std::move(from), listening,
                       at = options.file.listen](transport_events events) {
    auto links = make_socket_transport(from, std::move(events));
    if (!links) {
      listening->set_value(fail(links.error()));
      return std::unique_ptr<transport>{};
    }
    listening->set_value((*links)->listen(at.host, at.port));
    return std::move(*links);
  };
  exchange = spawn_node_exchange(*system, std::move(to));
  const auto bound = listening->get_future().get();
  if (!bound)
    return fail(bound.error());
  if (*credentials)
    watch_certificates(**credentials);
  const auto& at = options.file.listen.host;
  address = (at.find(':') == std::string::npos ? at : "[" + at + "]") + ":"
            + std::to_string(*bound);
  return {};
}

void node::parts::watch_certificates(const node_credentials& in_use) {
  auto from = certificate_watch_options{};
  from.paths = certificates_in(options.file.certificates, options.file.name);
  from.in_use = in_use;
  from.time = options.time;
  from.use = [to = exchange](node_credentials next) {
    caf::anon_send(to,
                   renew_credentials{std::make_shared<const node_credentials>(
                     std::move(next))});
  };
  from.end
    = [to = turns](runtime::problem reason) { to->end(std::move(reason)); };
  certificates = std::make_unique<certificate_watch>(std::move(from));
}

void node::parts::join() {
  auto from = membership_actor_options{};
  from.self.name = options.file.name;
  from.self.id = ids.next();
  from.self.incarnation = incarnation;
  from.self.roles = options.file.roles;
  from.has_own_thread = true;
  for (const auto& [name, at] : options.file.peers)
    from.peers.push_back({name, at.host, at.port});
  incarnations = spawn_incarnation_store(
    *system, [path = folder.incarnation()](std::uint64_t next) {
      return write_incarnation(path, next);
    });
  membership
    = spawn_membership(*system, exchange, incarnations, std::move(from));
}

/// A file has one owner: nobody else could take over.
outcome<void> node::parts::open_leadership() {
  if (!options.file.roles.is_coordinator
      || !runtime::is_postgres_address(options.file.store))
    return {};
  auto where
    = runtime::parse_postgres_address(options.file.store, options.environment);
  if (!where)
    return fail(where.error());
  auto session = lease_session_options{};
  session.address = std::move(*where);
  session.lease = lease_name;
  session.timing = timing_of(options.file.lease_length);
  auto from = leadership_options{};
  from.timing = session.timing;
  from.holder = holder_of(options.file.name, incarnation);
  from.draw = draw;
  from.has_own_thread = true;
  database = spawn_lease_database(*system, std::move(session));
  leadership = spawn_leadership(*system, database, std::move(from));
  return {};
}

outcome<void> node::parts::open_door() {
  const auto& file = options.file;
  const auto only
    = file.roles.is_coordinator && !leadership ? file.name : std::string{};
  const auto desk = std::make_shared<engine_relay_actor>();
  auto opened = engine::engine_gateway::open(
    [&](engine::desk_answers to_programs) {
      const auto answers
        = [own = own, to_programs](engine::asker_id to,
                                   std::span<const std::string> payloads) {
            if (to == own_asker)
              own->take(payloads);
            else
              to_programs(to, payloads);
          };
      auto from = engine_relay_options{};
      from.self = file.name;
      from.exchange = exchange;
      from.answers = answers;
      auto about = cluster_desk_options{};
      about.membership = membership;
      about.leadership = leadership;
      about.only_coordinator = only;
      about.only_epoch = incarnation;
      about.answers = answers;
      about.exchange = exchange;
      cluster = spawn_cluster_desk(*system, std::move(about));
      from.cluster = cluster;
      *desk = spawn_engine_relay(*system, std::move(from));
      return engine::engine_desk_actor{*desk};
    },
    [desk](engine::asker_id who) { caf::anon_send(*desk, asker_left{who}); },
    folder.socket());
  if (!opened)
    return fail(opened.error());
  gateway = std::move(*opened);
  relay = *desk;
  return {};
}

void node::parts::open_places() {
  if (options.file.roles.is_coordinator) {
    auto from = compute_desk_options{};
    from.self = options.file.name;
    from.exchange = exchange;
    from.membership = membership;
    lenders = spawn_compute_desk(*system, std::move(from));
  }
  if (!options.file.roles.is_worker)
    return;
  gauged.steps = {std::make_shared<work_count>(), options.file.jobs};
  gauged.slots
    = {std::make_shared<work_count>(), runtime::worker_count(options.slots)};
  auto lent = compute_service_options{};
  lent.slots = gauged.slots.places;
  lent.incarnation = incarnation;
  lent.slot.count = gauged.slots.count;
  lent.slot.reader = spawn_source_reader(*system);
  service = spawn_compute_service(*system, exchange, std::move(lent));
  auto pulled = hosted_port_options{};
  pulled.count = gauged.steps.count;
  port = spawn_hosted_port(*system, exchange, std::move(pulled));
  auto registry = std::make_shared<engine::activity_registry>();
  engine::add_basic_activities(*registry);
  if (options.add_activities)
    options.add_activities(*registry);
  auto from = engine::activity_host_options{};
  from.registry = std::move(registry);
  from.limits.activities_max = options.file.jobs;
  from.room = options.room;
  from.labels = options.file.labels;
  host = engine::spawn_activity_host(*system, port, std::move(from));
}

void node::parts::open_gauge() {
  gauged.incarnation = incarnation;
  gauged.membership = membership;
  gauged.exchange = exchange;
  gauged.read_process = runtime::read_process_figures;
  gauged.processors = runtime::worker_count(0);
  gauged.has_own_thread = true;
  gauge = spawn_node_gauge(*system, std::exchange(gauged, {}));
}

/// Everybody is there: lets them hear of each other.
void node::parts::begin() {
  leaver
    = spawn_node_leaver(*system, {membership, port, options.file.stop_grace});
  auto from = node_steward_options{};
  from.self = options.file.name;
  from.turns = turns;
  from.relay = relay;
  from.leadership = leadership;
  from.cluster = cluster;
  from.settle_time = options.file.rebind_window;
  for (const auto& each :
       {caf::actor_cast<caf::actor>(exchange),
        caf::actor_cast<caf::actor>(membership),
        caf::actor_cast<caf::actor>(leadership),
        caf::actor_cast<caf::actor>(leaver), caf::actor_cast<caf::actor>(relay),
        caf::actor_cast<caf::actor>(cluster), caf::actor_cast<caf::actor>(port),
        caf::actor_cast<caf::actor>(host), caf::actor_cast<caf::actor>(lenders),
        caf::actor_cast<caf::actor>(service),
        caf::actor_cast<caf::actor>(gauge)})
    if (each)
      from.parts.push_back(each);
  steward = spawn_node_steward(*system, std::move(from));
  caf::anon_send(membership, watch_members{steward});
  if (leadership) {
    caf::anon_send(membership, watch_members{leadership});
    caf::anon_send(leadership, watch_leadership{steward});
  } else if (options.file.roles.is_coordinator) {
    caf::anon_send(
      steward,
      leadership_change{.epoch = static_cast<lease_epoch>(incarnation),
                        .leader = holder_of(options.file.name, incarnation),
                        .leader_epoch = static_cast<lease_epoch>(incarnation),
                        .reason = std::nullopt});
  } else if (port) {
    caf::anon_send(port, watch_leader{steward});
  }
}

outcome<engine::local_engine> node::parts::lead(lease_epoch epoch) {
  auto grant = leader_grant{};
  grant.node = options.file.name;
  grant.system = &*system;
  if (leadership)
    grant.fence = fence_of(lease_name, epoch);
  auto hosting = engine::engine_companion{};
  hosting.id = "hosting";
  hosting.start = [to = exchange, tell = steward,
                   epoch](caf::actor_system& in, const runtime::store_actor&,
                          const engine::engine_actor& of) {
    return caf::actor_cast<caf::actor>(
      spawn_hosting_opener(in, of, to, tell, epoch));
  };
  grant.companions.push_back(std::move(hosting));
  grant.more_score_workers = score_with(lenders);
  grant.more_year_processors = simulate_with(lenders);
  return options.start_engine(std::move(grant));
}

node::node(std::unique_ptr<parts> made) : parts_{std::move(made)} {}

node::~node() = default;

const std::string& node::address() const {
  return parts_->address;
}

std::string node::socket() const {
  return parts_->folder.socket();
}

std::string node::token() const {
  return parts_->folder.token();
}

std::function<void(std::string)>
node::open_line(std::function<void(std::span<const std::string>)> answers) {
  parts_->own->open(std::move(answers));
  // No handle: it would keep the relay, hence the system, alive.
  return [to = caf::actor_cast<caf::actor_addr>(parts_->relay)](
           std::string payload) {
    if (const auto relay = caf::actor_cast<caf::actor>(to))
      caf::anon_send(relay,
                     engine::desk_questions{own_asker, {std::move(payload)}});
  };
}

outcome<std::unique_ptr<node>> node::start(node_options options) {
  auto folder = node_folder::open(options.file.data);
  if (!folder)
    return fail(folder.error());
  const auto incarnation = next_incarnation(folder->incarnation());
  if (!incarnation)
    return fail(incarnation.error());
  auto made = std::make_unique<parts>(std::move(options), std::move(*folder),
                                      *incarnation);
  auto& of = *made;
  if (auto opened = of.open_links(); !opened)
    return fail(opened.error());
  of.join();
  if (auto opened = of.open_leadership(); !opened)
    return fail(opened.error());
  if (auto opened = of.open_door(); !opened)
    return fail(opened.error());
  of.open_places();
  of.open_gauge();
  of.begin();
  return std::unique_ptr<node>{new node{std::move(made)}};
}

outcome<void> node::run(const std::stop_token& stop) {
  auto ended = parts_->take_turns(stop);
  // Now, and not when the last of those who ask this node has left.
  parts_->give_back_lease();
  return ended;
}

/// Whatever ends it, the engine has ended before.
outcome<void> node::parts::take_turns(const std::stop_token& stop) {
  auto engine = std::optional<engine::local_engine>{};
  auto leads = std::optional<lease_epoch>{};
  const auto left = std::stop_source{};
  const auto leaving = std::stop_callback{
    stop, [&] { caf::anon_send(leaver, leave_when_idle{left}); }};
  // What runs here may need the engine until its end is stored.
  while (!left.stop_requested()) {
    const auto turn = turns->next(leads, left.get_token());
    if (engine) {
      caf::anon_send(relay, engine_is_gone{});
      engine.reset();
    }
    leads = turn.epoch;
    if (turn.end)
      return fail(*turn.end);
    if (!leads || left.stop_requested())
      continue;
    auto started = lead(*leads);
    if (started) {
      engine.emplace(std::move(*started));
      caf::anon_send(relay, engine_is_here{engine->root()});
      continue;
    }
    runtime::log_error("cluster.node", "the engine did not start",
                       {{"reason", runtime::render(started.error())}});
    if (!leadership)
      return fail(started.error());
    caf::anon_send(leadership, step_aside{abstain_after_failure});
  }
  if (engine)
    caf::anon_send(relay, engine_is_gone{});
  return {};
}

} // namespace troupe::cluster
