// What is done at the end of a launch, by the interpreter that the launcher has, in this process.
#pragma once
#include <span>
#include <string>
#include <vector>

#include "companions.h"
#include "event.h"
#include "journal.h"
#include "launch.h"

namespace cofferdam {

// Runs an undo-format program past its failures; the first one is the answer. `all`: the operations of the actor janitor
// (which kill) as well as those of the actor undo. Programs of the host are started by the launcher.
UndoFailure runUndoProgram(std::span<const uint8_t> program, bool all, Companions* companions, bool patient = true);

// Whether it could be done at once, without the operations of the actor janitor; if not, it is to be run with patience.
bool undoneAtOnce(const Undo& undo, Journal* journal);

// With patience, then the journal forgets it; what could not be undone stays on record.
UndoFailure runJournaledUndo(const Undo& undo, bool all, Journal* journal, Companions* companions);

// The first 4 KiB of each file.
FileContents readFiles(const std::vector<std::string>& paths);

struct Recovery {
  bool alive = false;                          // its owner or janitor lives: nothing was done
  std::vector<std::vector<uint8_t>> programs;  // what was on record
  std::vector<UndoFailure> failures;           // what became of each
};

// Undoes what the journal of a dead process holds and deletes it; `dryRun` only lists.
Result<Recovery> recoverJournal(const std::string& path, bool dryRun, Companions* companions);

}  // namespace cofferdam
