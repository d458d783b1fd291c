#pragma once
// Work that may be done by whoever has time.

#include <functional>

namespace ntmd::engine {

/// Has the task run some time on another thread, or never: who gives it away can do without. Empty: nobody else.
using ShareWork = std::function<void(std::function<void()>)>;

}  // namespace ntmd::engine
