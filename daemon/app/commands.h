#pragma once
// The commands, one function each. Every one prints to standard output, faults to standard error, and gives the exit
// code.

#include "daemon/app/options.h"

namespace ntmd::app {

int run_daemon(const Options& options);
int run_once(const Options& options);
int sync(const Options& options);
int assess(const Options& options);
int check(const Options& options);
int test(const Options& options);
int accept(const Options& options);
int retract(const Options& options);
int status(const Options& options);
int explain(const Options& options);
int runs(const Options& options);
int quarantine(const Options& options);
int replay(const Options& options);
int sources(const Options& options);
int alerts(const Options& options);
int rotate_key(const Options& options);
int verify(const Options& options);

}  // namespace ntmd::app
