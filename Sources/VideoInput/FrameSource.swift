import CLNF
