#include "daemon/engine/delivery_name.h"

#include "daemon/base/digest.h"

namespace ntmd::engine {

std::string new_run_id() {
  const auto bytes = base::random_bytes(8);
  return base::to_hex({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
}

base::Status name_return(store::Store& store, store::StagedDelivery& staged) {
  auto& head = staged.head;
  const auto known = store.find_delivery(head.id);
  if (!known) return std::unexpected(known.error());
  if (!*known) return {};
  const auto deliveries = store.deliveries(head.source);
  if (!deliveries) return std::unexpected(deliveries.error());
  const store::DeliveryHead* newest = nullptr;
  for (const auto& other : *deliveries) {
    if (other.partition != head.partition || other.part != head.part) continue;
    if (newest == nullptr || store::later_of_part(other, *newest)) newest = &other;
  }
  if (newest == nullptr || newest->content_sha256 == head.content_sha256) {
    if (newest != nullptr) head.id = newest->id;
  } else {
    head.id = base::sha256_hex(head.id + '\n' + newest->id).substr(0, head.id.size());
  }
  if (staged.ledger) staged.ledger->delivery = head.id;
  return {};
}

}  // namespace ntmd::engine
