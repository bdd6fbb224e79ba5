mod td3;
