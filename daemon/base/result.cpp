#include "daemon/base/result.h"

namespace ntmd::base {

std::string_view to_string(Fault fault) {
  switch (fault) {
    case Fault::retry_later:
      return "retry_later";
    case Fault::slow_down:
      return "slow_down";
    case Fault::bad_data:
      return "bad_data";
    case Fault::bad_config:
      return "bad_config";
    case Fault::denied:
      return "denied";
    case Fault::gone:
      return "gone";
    case Fault::bug:
      return "bug";
  }
  return "bug";
}

Error Error::within(std::string_view subject) const {
  std::string longer(subject);
  longer += ": ";
  longer += what;
  return Error{fault, std::move(longer), wait};
}

}  // namespace ntmd::base
