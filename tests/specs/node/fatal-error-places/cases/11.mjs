import './nothere.mjs';
