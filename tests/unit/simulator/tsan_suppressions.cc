// Poco counts the references of its sockets with atomics inside a library that ThreadSanitizer does
// not see into, so the accepting thread's delete of a closed socket looks unordered to it.
extern "C" const char* __tsan_default_suppressions();  // NOLINT: the sanitizer's own name
extern "C" const char* __tsan_default_suppressions() { return "race:Poco::Net::TCPServer::run\n"; }
