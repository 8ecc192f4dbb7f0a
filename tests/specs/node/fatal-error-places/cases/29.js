return 5; await x;
