// loop: keep one CPU busy until a signal ends it.

int main(void) {
  // volatile: a loop without effects is one that a compiler may take away.
  for (volatile unsigned long turns = 0;; turns++) {
  }
}
