#include "check.h"

int main() { return runTests(); }
