#!/bin/sh
set -e
echo "building docs"
echo "docs" > docs.out
