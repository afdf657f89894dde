package rtnl

// Here stands for the network namespace of the calling thread where a descriptor
// of one is due.
const Here = -1
