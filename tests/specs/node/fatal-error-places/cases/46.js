Buffer.alloc(-1)
