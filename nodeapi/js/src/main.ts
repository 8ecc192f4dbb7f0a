// The first module of the glue. Boots a realm as Node's C++ does: prepares the engine, runs per_context/*, bootstrap/*, web/*
// and switches/*, and leaves the entry points of the event loop (`loop.ts`) and of a process's start (`start.ts`) behind.

import './interpose/globals';
import './interpose/missing';
import './interpose/weak_ref';
import './interpose/atomics';
import './interpose/webassembly';
import './interpose/stack';
import './intl/install';
import { bootRealm } from './realm';
import './loop';
import './start';
import './v8_flags';
import './bindings/permission';

bootRealm();
