package rtnl

// Here stands for the network namespace of the calling thread in place of a
// descriptor.
const Here = -1
