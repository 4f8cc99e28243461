// A network namespace made ahead. The kernel takes longer to make one than for all other namespaces of a launch together,
// so the launcher, once it has nothing else to do, makes the next launch's: with its loopback up, never entered by anybody.
#pragma once

namespace cofferdam {

class SpareNetwork {
 public:
  // Makes one unless there is one or it was in vain before. What it takes is no launch's time: it fails silently, and
  // then launches make their own.
  void make();
  // Its descriptor for a child that is about to be cloned; -1 when there is none.
  int descriptor() const { return spare_; }
  // In the launcher: the child has it.
  void spend();
  // In a child: keeps `keep` and no other descriptor of this.
  void leave(int keep);

 private:
  void closeSpare();

  int home_ = -1;  // the launcher's own namespace
  int spare_ = -1;
  bool inVain_ = false;
};

// The launcher's one; children inherit it. It is constinit where it is defined.
extern SpareNetwork spareNetwork;  // NOLINT(bugprone-dynamic-static-initializers)

}  // namespace cofferdam
