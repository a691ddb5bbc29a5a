module otto.dev/hack/cluster/pause

go 1.21
