#!/bin/sh
set -e
echo "building web"
echo "web" > web.out
